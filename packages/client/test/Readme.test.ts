import { join } from "node:path"
import { assert } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { suite } from "@kite/testkit/Suite"
import { Context, Effect, Layer } from "effect"
import { openPage, pageServer } from "./Browser.ts"
import { installInto, programOf, readmeProgram, runIn, typeErrors, writeProgram } from "./Runtimes.ts"

const make = Effect.gen(function* () {
  const folder = yield* temporaryDirectory
  yield* Effect.promise(() => installInto(folder))
  const pages = yield* pageServer(join(folder, "node_modules/@kite/client/dist"))
  const settings = { CORS_ORIGINS: pages.origin, RATE_LIMIT_AUTH_IP: "1000/1m" }
  const { url } = yield* startKite({ DATA_DIR: yield* temporaryDirectory, ...settings })
  return { folder, url, pages }
})

/** The built package in a folder of its own, a kite, and a web server whose pages may call it. */
class Installed extends Context.Service<Installed, Effect.Success<typeof make>>()("@kite/client/test/Installed") {
  static readonly layer = Layer.effect(Installed, make)
}

/** Time limit in ms: the first tour also waits for the worker to start. */
const patience = 90_000

const node = programOf("node")
const deno = programOf("deno")
const bun = programOf("bun")
const chromium = programOf("chromium", "chromium-browser", "google-chrome")

const runtimes = [
  ["this Node", process.execPath, []],
  ["the system's Node", node, []],
  ["Deno", deno, ["run", "--allow-all", "--no-check"]],
  ["Bun", bun, ["run"]]
] as const

const titleOf = (name: string, program: string | undefined) =>
  program === undefined ? `${name} (skipped: it is not on the PATH)` : name

suite(Installed.layer)("the tour of the client's README", (it) => {
  for (const [index, [name, program, args]] of runtimes.entries()) {
    it.effect.skipIf(program === undefined)(
      `runs in ${titleOf(name, program)}`,
      () =>
        Effect.gen(function* () {
          const { folder, url } = yield* Installed
          const account = `anna${index}`
          const file = yield* writeProgram(folder, `${account}.mjs`, yield* readmeProgram("js", url, account))
          const lines = yield* runIn(folder, program ?? "", [...args, file])
          assert.deepStrictEqual(lines, [
            `${account}@example.org may store 100000000 bytes`,
            "38 of 38 bytes sent",
            "The harbour festival begins on Friday.",
            "festival.txt: The *harbour* *festival* begins on Friday.",
            "38 of 38 bytes received",
            "404 Not found"
          ])
        }),
      patience
    )
  }

  it.effect(
    "has the right types, with those of browsers alone and with those of Node alone",
    () =>
      Effect.gen(function* () {
        const { folder, url } = yield* Installed
        const file = yield* writeProgram(folder, "tour.ts", yield* readmeProgram("js", url, "anna"))
        assert.strictEqual(yield* typeErrors(folder, file, "--lib", "es2022,dom,dom.asynciterable"), "")
        const nodeTypes = join(import.meta.dirname, "../../../node_modules/@types")
        assert.strictEqual(
          yield* typeErrors(folder, file, "--lib", "es2022", "--typeRoots", nodeTypes, "--types", "node"),
          ""
        )
        const wrong = yield* writeProgram(
          folder,
          "wrong.ts",
          `${yield* readmeProgram("js", url, "anna")}\nanna.nothing`
        )
        assert.include(yield* typeErrors(folder, wrong, "--lib", "es2022,dom,dom.asynciterable"), "'nothing'")
      }),
    patience
  )

  it.effect.skipIf(chromium === undefined)(
    `runs in ${titleOf("Chromium", chromium)}`,
    () =>
      Effect.gen(function* () {
        const { folder, url, pages } = yield* Installed
        pages.show(browserTest(yield* readmeProgram("js browser", url, "bea"), url))
        yield* openPage(chromium ?? "", join(folder, "profile"), pages.origin)
        const [result = ""] = yield* eventually(
          Effect.sync(() => pages.results),
          ({ length }) => length > 0,
          "60 seconds"
        )
        const { error, lines, progress, account, documents } = JSON.parse(result)
        assert.isUndefined(error, error)
        assert.deepStrictEqual(lines, ["big.txt is stored"])
        assert.isAbove(progress.length, 1)
        assert.strictEqual(progress.at(-1), 1)
        assert.strictEqual(account, "bea@example.org")
        assert.deepStrictEqual(documents, ["big.txt: 20000000 bytes, of which 20000000 came back"])
      }),
    patience
  )
})

/**
 * A page that registers, chooses a file, runs the program, loads itself again, and then uses the session without a login. It sends
 * to `/result` what happened.
 */
const browserTest = (program: string, url: string) => `
import { Kite as Client } from "@kite/client/Kite"
const report = (result) => fetch("/result", { method: "POST", body: JSON.stringify(result) })
const client = new Client("${url}")
try {
  const kept = sessionStorage.getItem("kept")
  if (kept === null) {
    await client.register({ email: "bea@example.org", password: "up, up and away 9" })
    const chosen = new DataTransfer()
    chosen.items.add(new File([new Uint8Array(20_000_000).fill(65)], "big.txt"))
    window.document.querySelector("input").files = chosen.files
    const progress = []
    Object.defineProperty(window.document.querySelector("progress"), "value", { set: (value) => progress.push(value) })
    const lines = []
    console.log = (line) => lines.push(line)
    await (async () => {
      ${program.replace(/^import .*$/m, "const { Kite } = await import('@kite/client/Kite')")}
    })()
    sessionStorage.setItem("kept", JSON.stringify({ lines, progress }))
    location.reload()
  } else {
    const { email } = await client.me()
    const documents = []
    for await (const { id, filename, sizeBytes } of client.list()) {
      const { stream } = await client.download(id)
      const { size } = await new Response(stream).blob()
      documents.push(filename + ": " + sizeBytes + " bytes, of which " + size + " came back")
    }
    await report({ ...JSON.parse(kept), account: email, documents })
  }
} catch (error) {
  await report({ error: String(error) + " " + String(error.cause) })
}`
