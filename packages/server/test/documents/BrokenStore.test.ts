import { assert } from "@effect/vitest"
import { ObjectStore, ObjectStoreError } from "@kite/adapters/objects/ObjectStore"
import { sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer, Stream } from "effect"

/** Stores every upload, and fails every download. */
const brokenStore = Layer.effect(
  ObjectStore,
  Effect.gen(function* () {
    const store = yield* ObjectStore
    const failure = new ObjectStoreError({ operation: "get", cause: new Error("the disk is gone") })
    return ObjectStore.of({ ...store, get: () => Stream.fail(failure) })
  })
).pipe(Layer.provide(ObjectStore.layerMemory))

suite(TestServer.layerOn({ objects: brokenStore }))("on a broken store", (it) => {
  it.effect("a download says when to retry", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "hello world")
      const answer = yield* sendAs(user, `/api/documents/${json.id}/content`)
      assertProblem(answer, 503, "unavailable", `/api/documents/${json.id}/content`)
      assert.strictEqual(answer.headers.get("retry-after"), "5")
    })
  )
})
