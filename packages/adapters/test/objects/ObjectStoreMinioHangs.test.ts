import { createServer } from "node:net"
import { assert, it } from "@effect/vitest"
import { ObjectStoreMinio } from "@kite/adapters/objects/minio/ObjectStoreMinio"
import { ObjectStore, ObjectStoreError } from "@kite/adapters/objects/ObjectStore"
import { collect, endless, newKey } from "@kite/testkit/objects/Content"
import { Clock, Context, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type Fault, hang, startFaultyS3, whenRead } from "./FaultyS3.ts"

/** Lets the sockets of this process work while the test clock stands still. */
const turn = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))

/** Seconds on the test clock until the effect fails with ObjectStoreError. */
const secondsToFail = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const fiber = yield* Effect.forkChild(Effect.flip(effect))
    for (let seconds = 0; seconds < 300 && fiber.pollUnsafe() === undefined; seconds++) {
      yield* Effect.repeat(turn, { times: 10 })
      yield* TestClock.adjust("1 second")
    }
    assert.instanceOf(yield* Fiber.join(fiber), ObjectStoreError)
    return ((yield* Clock.currentTimeMillis) - started) / 1000
  })

const storeOn = Effect.fnUntraced(function* (fault: Fault) {
  const server = yield* startFaultyS3(fault)
  return {
    ...server,
    ...Context.get(yield* Layer.build(ObjectStoreMinio.layer(server.url)), ObjectStore),
    key: yield* newKey
  }
})

it.effect("gives up on a server that accepts requests and never replies", () =>
  Effect.gen(function* () {
    const { put, get, remove, list, key } = yield* storeOn(hang)
    assert.isAtMost(yield* secondsToFail(remove(key)), 16)
    assert.isAtMost(yield* secondsToFail(collect(get(key))), 16)
    assert.isAtMost(yield* secondsToFail(Stream.runDrain(list)), 16)
    // The upload of the part, then the removal of what may have arrived.
    assert.isAtMost(yield* secondsToFail(put(key, Stream.make(new Uint8Array(10)))), 77)
    // The first request, which opens the multipart upload, already times out.
    assert.isAtMost(yield* secondsToFail(put(key, endless(6_000_000))), 16)
  })
)

it.effect("times out on an object that stops in the middle, however slow its reader was before", () =>
  Effect.gen(function* () {
    const { get, key } = yield* storeOn((_, response) => {
      response.writeHead(200, { "content-length": 100_000 })
      response.write(Buffer.alloc(50_000))
    })
    const slowly = Stream.tap(get(key), () => Effect.sleep("40 seconds"))
    const seconds = yield* secondsToFail(collect(slowly))
    assert.isAtLeast(seconds, 40 + 15)
  })
)

it.effect("gives up on a server that does not confirm the upload", () =>
  Effect.gen(function* () {
    const { put, key, requests } = yield* storeOn((request, response) =>
      request.method === "HEAD" ? undefined : whenRead(request, () => void response.writeHead(200, { etag: "a" }).end())
    )
    assert.isAtMost(yield* secondsToFail(put(key, Stream.make(new Uint8Array(10)))), 17)
    assert.strictEqual(requests.at(-1), `DELETE /kite/${key}`)
  })
)

it.effect("does not start on a server that accepts connections and sends nothing", () =>
  Effect.gen(function* () {
    const port = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer(() => {})
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    ).pipe(Effect.map((server) => server.address()))
    const url = Redacted.make(`http://key:secret@127.0.0.1:${typeof port === "object" ? port?.port : 0}/kite`)
    assert.isAtMost(yield* secondsToFail(Effect.provide(ObjectStore, ObjectStoreMinio.layer(url))), 16)
  })
)
