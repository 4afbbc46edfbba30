import { assert, describe, it } from "@effect/vitest"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { InvalidUpload } from "@kite/domain/documents/DocumentErrors"
import { ByteCount } from "@kite/domain/users/Quota"
import { assertBalanced } from "@kite/testkit/documents/Rows"
import { eventually } from "@kite/testkit/Eventually"
import { sendAs, signUp, upload, usedBytes } from "@kite/testkit/http/Client"
import { contentType, end, filePart } from "@kite/testkit/http/Multipart"
import { openSocket } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Queue, Stream } from "effect"
import type { File } from "../../src/documents/multipart/Parts.ts"
import { receiveUpload } from "../../src/documents/Upload.ts"

/** Reports each upload into the store: when its bytes flow, and how it ends. */
class Uploads extends Context.Service<
  Uploads,
  { readonly begun: Queue.Queue<void>; readonly ended: Queue.Queue<Exit.Exit<number, unknown>> }
>()("@kite/server/test/documents/Uploads") {
  static readonly layer = Layer.effect(
    Uploads,
    Effect.all({ begun: Queue.unbounded<void>(), ended: Queue.unbounded<Exit.Exit<number, unknown>>() })
  )
}

const watchedStore = Layer.effect(
  ObjectStore,
  Effect.gen(function* () {
    const store = yield* ObjectStore
    const { begun, ended } = yield* Uploads
    return ObjectStore.of({
      ...store,
      put: (key, content) =>
        store
          .put(
            key,
            Stream.tap(content, () => Queue.offer(begun, undefined))
          )
          .pipe(Effect.onExit((exit) => Queue.offer(ended, exit)))
    })
  })
).pipe(Layer.provide([ObjectStore.layerMemory, Uploads.layer]))

suite(Layer.merge(TestServer.layerOn({ objects: watchedStore }), Uploads.layer))(
  "an upload whose client disconnects",
  (it) => {
    it.effect("in the middle stops at once and leaves nothing", () =>
      Effect.gen(function* () {
        const user = yield* signUp
        const { begun, ended } = yield* Uploads
        const socket = yield* openSocket
        const headers = `Authorization: ${user.authorization["authorization"]}\r\nContent-Type: ${contentType}`
        socket.write(`POST /api/documents HTTP/1.1\r\nHost: localhost\r\n${headers}\r\nContent-Length: 9000000\r\n\r\n`)
        socket.write(filePart("x".repeat(300_000)))
        yield* Queue.take(begun)
        socket.destroy()
        assert.isTrue(Exit.isFailure(yield* Queue.take(ended)))
        assert.strictEqual(yield* usedBytes(user), 0)
        yield* assertBalanced
        assert.strictEqual((yield* upload(user, "again")).status, 201)
      })
    )

    it.effect("at any moment leaves a whole document or nothing", () =>
      Effect.gen(function* () {
        const user = yield* signUp
        const one = Effect.fnUntraced(function* (index: number) {
          const headers = { "content-type": contentType }
          const body = filePart("x".repeat(50_000)) + end
          const request = sendAs(user, "/api/documents", { method: "POST", headers, body })
          yield* Effect.timeoutOption(request, `${index % 40} millis`)
        })
        yield* Effect.forEach(Array.from({ length: 80 }).keys(), one, { concurrency: 8, discard: true })
        // Abandoned uploads are still being removed.
        yield* eventually(Effect.catchDefect(assertBalanced, Effect.fail))
      })
    )
  }
)

/** The only part of a body, with the fields that are read. */
const parts = Stream.make({
  _tag: "File",
  key: "file",
  name: "a.txt",
  content: Stream.make(new Uint8Array(Buffer.from("hello")))
} as unknown as File)
const allowance = {
  quota: { usedBytes: ByteCount.make(0), limitBytes: ByteCount.make(100) },
  maxUploadBytes: 100,
  reservation: { id: "00000000-0000-4000-8000-000000000000", hold: () => Effect.succeed(true) }
}

describe("an upload that is being recorded", () => {
  const objects = Effect.flatMap(ObjectStore, (store) => Stream.runCollect(store.list))

  it.effect("keeps its bytes if its client disconnects, because the document may be committed already", () =>
    Effect.gen(function* () {
      const [begun, committed] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const record = () => Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(committed))
      const store = yield* ObjectStore
      const fiber = yield* Effect.forkChild(receiveUpload(store, parts, allowance, record))
      yield* Deferred.await(begun)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
      yield* Deferred.succeed(committed, undefined)
      yield* Fiber.join(interrupting)
      assert.strictEqual((yield* objects).length, 1)
    }).pipe(Effect.provide(ObjectStore.layerMemory))
  )

  it.effect("keeps its bytes if it is unknown whether the document was committed", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        receiveUpload(yield* ObjectStore, parts, allowance, () => Effect.die("the connection was lost at COMMIT"))
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual((yield* objects).length, 1)
    }).pipe(Effect.provide(ObjectStore.layerMemory))
  )

  it.effect("loses its bytes when it is refused", () =>
    Effect.gen(function* () {
      const refusal = new InvalidUpload({})
      const error = yield* Effect.flip(receiveUpload(yield* ObjectStore, parts, allowance, () => Effect.fail(refusal)))
      assert.strictEqual(error, refusal)
      assert.deepStrictEqual(yield* objects, [])
    }).pipe(Effect.provide(ObjectStore.layerMemory))
  )
})
