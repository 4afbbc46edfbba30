import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { likelyTypos } from "@kite/adapters/settings/Environment"
import { Settings, Variables } from "@kite/adapters/settings/Settings"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Effect, Redacted } from "effect"
import fc from "fast-check"

const { fromVariables } = Settings
const known = Object.keys(Variables.fields)
const secret = "a secret of thirty-two characters"

/** A file with this content, removed with the scope. */
const fileOf = (content: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = mkdtempSync(join(tmpdir(), "kite-settings-"))
      const file = join(directory, "secret")
      writeFileSync(file, content)
      return { directory, file }
    }),
    ({ directory }) => Effect.sync(() => rmSync(directory, { recursive: true }))
  ).pipe(Effect.map(({ file }) => file))

describe("a setting in a file", () => {
  it.effect.each([secret, `${secret}\n`, `${secret}\r\n`])(
    "is the content of the file without its line end: %j",
    (content) =>
      Effect.gen(function* () {
        const settings = yield* fromVariables({ TOKEN_SECRET_FILE: yield* fileOf(content) })
        assert.strictEqual(settings.TOKEN_SECRET && Redacted.value(settings.TOKEN_SECRET), secret)
      })
  )

  it.effect("keeps other white space", () =>
    Effect.gen(function* () {
      const settings = yield* fromVariables({ TOKEN_SECRET_FILE: yield* fileOf(` ${secret}\n\n`) })
      assert.strictEqual(settings.TOKEN_SECRET && Redacted.value(settings.TOKEN_SECRET), ` ${secret}\n`)
    })
  )

  it.effect.each(known)("works for every setting: %s", (name) =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(fromVariables({ [`${name}_FILE`]: "/nowhere/at/all" }))
      assert.include(message, `${name}_FILE: the file cannot be read`)
      assert.notInclude(message, "/nowhere")
    })
  )

  it.effect("is validated like any other", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(fromVariables({ PORT_FILE: yield* fileOf("many") }))
      assert.match(message, /\bPORT\b/)
    })
  )

  it.effect("is refused together with the variable itself", () =>
    Effect.gen(function* () {
      const both = { TOKEN_SECRET: secret, TOKEN_SECRET_FILE: yield* fileOf(secret) }
      const { message } = yield* Effect.flip(fromVariables(both))
      assert.include(message, "TOKEN_SECRET and TOKEN_SECRET_FILE are both set")
      assert.notInclude(message, secret)
      yield* fromVariables({ ...both, TOKEN_SECRET: "" })
      yield* fromVariables({ ...both, TOKEN_SECRET_FILE: "" })
    })
  )
})

describe("a likely typo of a setting", () => {
  it.effect("is reported by name, without its value", () =>
    Effect.gen(function* () {
      const capture = new LogCapture()
      const environment = { QUOTA_BYTE: "1", TOKEN_SECERT: secret, REDIS_URL_FIEL: "x", PATH: "/bin", HOME: "/root" }
      yield* Effect.provide(fromVariables(environment), capture.layer)
      const warnings = capture.parsed.map(({ level, message }) => [level.toLowerCase(), message])
      assert.deepStrictEqual(warnings, [
        ["warn", "Unknown setting QUOTA_BYTE. Did you mean QUOTA_BYTES?"],
        ["warn", "Unknown setting TOKEN_SECERT. Did you mean TOKEN_SECRET?"],
        ["warn", "Unknown setting REDIS_URL_FIEL. Did you mean REDIS_URL_FILE?"]
      ])
      assert.notInclude(capture.lines.join(), secret)
    })
  )

  it("is found for every kind of typo", () => {
    const letter = fc.constantFrom(..."ABCXYZ_019")
    const typos = (name: string, at: number, other: string) => [
      name.slice(0, at) + name.slice(at + 1),
      name.slice(0, at) + other + name.slice(at),
      name.slice(0, at) + other + name.slice(at + 1),
      name.slice(0, at) + (name[at + 1] ?? "") + (name[at] ?? "") + name.slice(at + 2)
    ]
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), letter, (name, at, other) => {
        for (const typo of typos(name, at % name.length, other)) {
          assert.strictEqual(likelyTypos([typo], [name]).length, typo === name ? 0 : 1, typo)
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("is never a setting, its file or a usual variable of a shell", () => {
    const ordinary = [
      "PATH",
      "HOME",
      "LANG",
      "TERM",
      "USER",
      "SHELL",
      "PWD",
      "NODE_ENV",
      "NODE_OPTIONS",
      "HOSTNAME",
      "TZ"
    ]
    assert.deepStrictEqual(likelyTypos([...known, ...known.map((name) => `${name}_FILE`), ...ordinary], known), [])
  })
})
