import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"
import { find } from "./TypedClient.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const run = promisify(execFile)

/** The shell blocks of the README's tour, in order. */
const tour = async () => {
  const readme = await readFile(`${root}/README.md`, "utf8")
  const [chapter = ""] = /^## A tour\n[\s\S]*?(?=\n## )/m.exec(readme) ?? []
  return [...chapter.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block)
}

/** The addresses of kite that the documents use. */
const written = /http:\/\/127\.0\.0\.1:8000|https:\/\/kite\.example\.org/g

/** The request with a forged header of docs/behind-a-proxy.md. */
const forgedRequest = async () => {
  const document = await readFile(`${root}/docs/behind-a-proxy.md`, "utf8")
  return /^\$ (curl .*)$/m.exec(document)?.[1] ?? ""
}

it.live(
  "the README's tour and client and the forged request of docs/behind-a-proxy.md work as written",
  () =>
    Effect.gen(function* () {
      const kite = yield* startKite({ DATA_DIR: yield* temporaryDirectory, LOG_LEVEL: "debug" })
      const blocks = yield* Effect.promise(tour)
      const shell = (script: string) =>
        Effect.promise(() =>
          run("bash", ["-euo", "pipefail", "-c", script.replaceAll(written, kite.url)], { cwd: root })
        )
      // Later blocks use the variables of the first ones; in between, the test waits for the texts, as a reader does.
      const [account = "", upload = "", ...reading] = blocks
      yield* shell(`${account}\n${upload}`)
      const anna = yield* logInAt(kite.url)
      const all = yield* eventually(anna.list, (found) => found.every(({ status }) => status === "ready"), "60 seconds")
      assert.strictEqual(all.length, 4)
      const login = account.slice(account.indexOf("TOKEN="))
      const { stdout } = yield* shell(`${login}\n${reading.join("\n")}`)
      for (const part of [
        '"nextCursor":null',
        '"accessToken":',
        "harbour meadow",
        '"source":"ocr"',
        "same",
        "JFIF",
        '"duplicateOf":',
        '"usedBytes":71151'
      ]) {
        assert.include(stdout, part)
      }
      assert.include(stdout, "urn:kite:problem:invalid-request")
      const token = anna.headers.authorization.replace("Bearer ", "")
      assert.deepStrictEqual(yield* find(kite.url, token, "harbour festival"), ["scan.jpg is ready"])

      yield* shell(yield* Effect.promise(forgedRequest))
      yield* kite.lineLike(
        /"client_ip":"6\.6\.6\.6".*"message":"client ip"|"message":"client ip".*"client_ip":"6\.6\.6\.6"/
      )
    }),
  120_000
)
