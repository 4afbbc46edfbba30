import { type ClientRequest, request } from "node:http"
import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { accepts } from "@kite/testkit/processes/Port"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Deferred, Effect, Fiber } from "effect"

const boundary = "kite-drain"
const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="slow.txt"\r\n\r\n`
const tail = `\r\n--${boundary}--\r\n`

/** Starts an upload whose body the test writes itself. */
const beginUpload = (url: string, headers: Record<string, string>, status: Deferred.Deferred<number>) =>
  Effect.callback<ClientRequest>((resume) => {
    const upload = request(`${url}/api/documents`, {
      method: "POST",
      headers: { ...headers, "content-type": `multipart/form-data; boundary=${boundary}` }
    })
    upload.on("response", (response) => {
      Deferred.doneUnsafe(status, Effect.succeed(response.statusCode ?? 0))
      response.resume()
    })
    upload.write(`${head}first half, `, () => resume(Effect.succeed(upload)))
  })

it.live(
  "a request that is open at SIGTERM is completed, then kite exits with 0",
  () =>
    Effect.gen(function* () {
      const kite = yield* startKite({ DATA_DIR: yield* temporaryDirectory })
      const { headers } = yield* logInAt(kite.url)
      const status = yield* Deferred.make<number>()
      const upload = yield* beginUpload(kite.url, headers, status)
      // A response on another connection: by now, the server has the upload's first bytes.
      yield* Effect.promise(() => fetch(`${kite.url}/health/live`).then((response) => response.text()))
      const end = yield* Effect.forkChild(kite.end("SIGTERM"))
      yield* eventually(accepts(kite.url), (open) => !open, "10 seconds")
      upload.end(`second half${tail}`)
      assert.strictEqual(yield* Deferred.await(status), 201)
      assert.strictEqual(yield* Fiber.join(end), 0)
    }),
  60_000
)
