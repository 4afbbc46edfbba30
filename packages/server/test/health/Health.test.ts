import { assert } from "@effect/vitest"
import { ObjectStore, ObjectStoreError } from "@kite/adapters/objects/ObjectStore"
import { Health } from "@kite/server/health/Health"
import { RateLimiter } from "@kite/server/limits/RateLimiter"
import { send } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Context, Effect, Layer, Ref } from "effect"
import { SqlClient } from "effect/sql"

/** The check of the object store: a test can replace it. */
class StoreState extends Context.Service<StoreState, Ref.Ref<"up" | "down" | "hung">>()(
  "@kite/server/test/StoreState"
) {
  static readonly layer = Layer.effect(StoreState, Ref.make<"up" | "down" | "hung">("up"))
}

const switchableStore = Layer.effect(
  ObjectStore,
  Effect.gen(function* () {
    const store = yield* ObjectStore
    const state = yield* StoreState
    const failure = new ObjectStoreError({ operation: "check", cause: new Error("secret-host:9000 refused") })
    const outcomes = { up: Effect.void, down: Effect.fail(failure), hung: Effect.never }
    return ObjectStore.of({ ...store, check: Effect.flatMap(Ref.get(state), (now) => outcomes[now]) })
  })
).pipe(Layer.provide([ObjectStore.layerMemory, StoreState.layer]))

suite(Layer.merge(TestServer.layerOn({ objects: switchableStore }), StoreState.layer))("health", (it) => {
  it.effect("is ready without a login while every part works", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* send("/health/live")).json, { status: "live" })
      for (const path of ["/health/ready", "/health"]) {
        const { status, json } = yield* send(path)
        assert.deepStrictEqual([status, json.status], [200, "ready"])
        for (const part of ["postgres", "objectStore", "queue"]) {
          assert.strictEqual(json.checks[part].status, "up")
          assert.isAtLeast(json.checks[part].ms, 0)
        }
      }
    })
  )

  it.effect("is not ready while a part fails, names that part, and is ready again when the part works", () =>
    Effect.gen(function* () {
      const state = yield* StoreState
      yield* Ref.set(state, "down")
      for (const path of ["/health/ready", "/health"]) {
        const { status, json, text } = yield* send(path)
        assert.deepStrictEqual([status, json.status], [503, "down"])
        assert.deepStrictEqual([json.checks.objectStore.status, json.checks.postgres.status], ["down", "up"])
        assert.notInclude(text, "secret-host")
      }
      assert.strictEqual((yield* send("/health/live")).status, 200)
      yield* Ref.set(state, "up")
      assert.strictEqual((yield* send("/health/ready")).status, 200)
    })
  )

  it.effect("does not wait for a part that hangs", () =>
    Effect.gen(function* () {
      const state = yield* StoreState
      yield* Ref.set(state, "hung")
      const { status, json } = yield* send("/health/ready")
      assert.deepStrictEqual([status, json.checks.objectStore.status], [503, "down"])
      assert.isBelow(json.checks.objectStore.ms, 5_000)
      yield* Ref.set(state, "up")
    })
  )

  it.effect("is not ready without its queue", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.acquireRelease(sql`ALTER TABLE extraction_jobs RENAME TO hidden`, () =>
        Effect.orDie(sql`ALTER TABLE hidden RENAME TO extraction_jobs`)
      )
      const { status, json } = yield* send("/health/ready")
      assert.deepStrictEqual([status, json.checks.queue.status, json.checks.postgres.status], [503, "down", "up"])
    })
  )
})

// The server's own Health: a layer is built once.
const stoppable = Health.layer.pipe(Layer.provide(RateLimiter.layerMemory), Layer.provideMerge(TestServer.layer))

suite(stoppable)("health of a server that stops", (it) => {
  it.effect("is not ready from the moment it begins to stop, although every part works", () =>
    Effect.gen(function* () {
      const { stop } = yield* Health
      assert.strictEqual((yield* send("/health/ready")).status, 200)
      yield* stop
      for (const path of ["/health/ready", "/health"]) {
        const { status, json } = yield* send(path)
        assert.deepStrictEqual([status, json.status], [503, "stopping"])
        assert.strictEqual(json.checks.postgres.status, "up")
      }
      assert.strictEqual((yield* send("/health/live")).status, 200)
    })
  )
})
