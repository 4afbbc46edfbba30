import { randomUUID } from "node:crypto"
import { assert } from "@effect/vitest"
import { ObjectStore, ObjectStoreError } from "@kite/adapters/objects/ObjectStore"
import { ObjectKey } from "@kite/domain/documents/Document"
import { assertBalanced } from "@kite/testkit/documents/Rows"
import { send, signUp, upload } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Duration, Effect, Exit, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { Sweeper } from "../../src/documents/Sweeper.ts"

const now = Duration.zero
const putOrphan = Effect.gen(function* () {
  const store = yield* ObjectStore
  yield* store.put(ObjectKey.make(randomUUID()), Stream.make(new Uint8Array(5)))
})
const count = Effect.flatMap(ObjectStore, (store) => Effect.map(Stream.runCollect(store.list), ({ length }) => length))
const server = Sweeper.layer.pipe(Layer.provideMerge(TestServer.layer))

suite(server)("a sweep", (it) => {
  it.effect("removes objects that are old enough and have no document, and no others", () =>
    Effect.gen(function* () {
      const { sweep } = yield* Sweeper
      const user = yield* signUp
      const { json } = yield* upload(user, "kept")
      yield* Effect.forEach(Array(3), () => putOrphan)
      assert.strictEqual(yield* sweep(Duration.hours(1)), 0)
      assert.strictEqual(yield* count, 4)
      assert.strictEqual(yield* sweep(now), 3)
      yield* assertBalanced
      const content = yield* send(`/api/documents/${json.id}/content`, { headers: user.authorization })
      assert.strictEqual(content.text, "kept")
      assert.strictEqual(yield* sweep(now), 0)
    })
  )

  it.effect("removes nothing while the database does not respond", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { sweep } = yield* Sweeper
      yield* upload(yield* signUp, "kept")
      yield* putOrphan
      const before = yield* count
      const broken = Effect.acquireUseRelease(
        sql`ALTER TABLE documents RENAME TO hidden`,
        () => Effect.exit(sweep(now)),
        () => Effect.orDie(sql`ALTER TABLE hidden RENAME TO documents`)
      )
      assert.isTrue(Exit.isFailure(yield* broken))
      assert.strictEqual(yield* count, before)
      assert.strictEqual(yield* sweep(now), 1)
      yield* assertBalanced
    })
  )

  it.effect("stops early without failing if the store fails", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStore
      const failure = new ObjectStoreError({ operation: "list", cause: new Error("the disk is gone") })
      const broken = Layer.succeed(ObjectStore, { ...store, list: Stream.fail(failure) })
      const { sweep } = yield* Effect.provide(Sweeper, Layer.fresh(Sweeper.layer).pipe(Layer.provide(broken)))
      assert.strictEqual(yield* sweep(now), 0)
    })
  )
})
