import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { nearMisses } from "@kite/adapters/settings/Environment"
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
    "is the file's content without the line end: %j",
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

  it.effect("is checked like any other setting", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(fromVariables({ PORT_FILE: yield* fileOf("many") }))
      assert.match(message, /\bPORT\b/)
    })
  )

  it.effect("must not be set together with the variable itself", () =>
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

describe("a variable that is a likely typo of a setting", () => {
  it.effect("is reported, by name only", () =>
    Effect.gen(function* () {
      const capture = new LogCapture()
      const environment = { QUOTA_BYTE: "1", TOKEN_SECERT: secret, REDIS_URL_FIEL: "x", PATH: "/bin", HOME: "/root" }
      yield* Effect.provide(fromVariables(environment), capture.layer)
      const warnings = capture.parsed.map(({ level, message }) => [level.toLowerCase(), message])
      assert.deepStrictEqual(warnings, [
        ["warn", "QUOTA_BYTE is no setting of kite; is QUOTA_BYTES meant?"],
        ["warn", "TOKEN_SECERT is no setting of kite; is TOKEN_SECRET meant?"],
        ["warn", "REDIS_URL_FIEL is no setting of kite; is REDIS_URL_FILE meant?"]
      ])
      assert.notInclude(capture.lines.join(), secret)
    })
  )

  it("is found, whatever the typo", () => {
    const letter = fc.constantFrom(..."ABCXYZ_019")
    const slips = (name: string, at: number, other: string) => [
      name.slice(0, at) + name.slice(at + 1),
      name.slice(0, at) + other + name.slice(at),
      name.slice(0, at) + other + name.slice(at + 1),
      name.slice(0, at) + (name[at + 1] ?? "") + (name[at] ?? "") + name.slice(at + 2)
    ]
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), letter, (name, at, other) => {
        for (const slip of slips(name, at % name.length, other)) {
          assert.strictEqual(nearMisses([slip], [name]).length, slip === name ? 0 : 1, slip)
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("is never a setting, its file or a variable of the shell", () => {
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
    assert.deepStrictEqual(nearMisses([...known, ...known.map((name) => `${name}_FILE`), ...ordinary], known), [])
  })
})
