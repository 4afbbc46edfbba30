import { readdirSync, readlinkSync } from "node:fs"
import { request } from "node:http"
import { assert } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { signUp, upload } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Array as Arr, Effect } from "effect"

const sizeBytes = 8 * 1024 * 1024

/** Upgrade headers of real clients: curl --http2 and Java's HttpClient, a browser's WebSocket. */
const upgrades = [
  { upgrade: "h2c", connection: "Upgrade, HTTP2-Settings", "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA" },
  {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "a2l0ZSBraXRlIGtpdGUga2k="
  }
]

/** Sends the headers, then the body after 100 Continue, and counts the bytes of the response. */
const exchange = (url: string, method: string, headers: Record<string, string>, body = "") =>
  Effect.callback<{ readonly status: number; readonly bytes: number; readonly continued: boolean }>((resume) => {
    let continued = false
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let bytes = 0
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, bytes, continued })))
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.on("continue", () => {
      continued = true
      sent.end(body)
    })
    if (headers["expect"] === undefined) sent.end(body)
    else sent.flushHeaders()
    return Effect.sync(() => sent.destroy())
  }).pipe(Effect.timeout("10 seconds"))

const storeFiles = () =>
  readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).includes("kite-objects-")
    } catch {
      return false
    }
  })

/** How many files of the store and TCP sockets are open in this process, which is the server. */
const openHandles = () =>
  storeFiles().length + process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length

suite(TestServer.layer)("a request that offers an upgrade", (it) => {
  it.effect("is served like any other: a large download is complete and leaves nothing open", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const user = yield* signUp
      const { json } = yield* upload(user, "a line of text\n".repeat(Math.ceil(sizeBytes / 15)).slice(0, sizeBytes))
      const before = openHandles()
      const downloads = Arr.makeBy(6, (index) =>
        exchange(`${url}/api/documents/${json.id}/content`, "GET", {
          ...user.authorization,
          ...(upgrades[index % upgrades.length] ?? {})
        })
      )
      for (const { status, bytes } of yield* Effect.all(downloads, { concurrency: 3 })) {
        assert.deepStrictEqual([status, bytes], [200, sizeBytes])
      }
      const open = yield* eventually(Effect.sync(openHandles), (count) => count <= before)
      assert.isAtMost(open, before)
    })
  )

  it.effect.each(upgrades)("receives 100 Continue with $upgrade", (upgrade) =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const body = JSON.stringify({ email: "nobody@example.org", password: "not the password" })
      const { status, continued } = yield* exchange(
        `${url}/api/auth/login`,
        "POST",
        {
          ...upgrade,
          expect: "100-continue",
          "content-type": "application/json",
          "content-length": String(body.length)
        },
        body
      )
      assert.deepStrictEqual([status, continued], [401, true])
    })
  )
})
