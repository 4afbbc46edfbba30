import { assert } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import { assertBalanced } from "@kite/testkit/documents/Rows"
import { sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { TestDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Sweeper } from "../../src/documents/Sweeper.ts"

/** A database whose statements may take a second. */
const impatient = Layer.unwrap(
  Effect.map(TestDatabase, ({ url }) => Layer.orDie(Database.layerUrl(url, { statementTimeout: "1 second" })))
).pipe(Layer.provideMerge(TestDatabase.layer))

suite(Sweeper.layer.pipe(Layer.provideMerge(TestServer.layerOn({ database: impatient }))))(
  "a request that fails in the server",
  (it) => {
    it.effect("does not reveal the defect", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const user = yield* signUp
        const rename = (from: string, to: string) => sql`ALTER TABLE ${sql(from)} RENAME TO ${sql(to)}`
        yield* Effect.acquireRelease(rename("documents", "hidden"), () => Effect.orDie(rename("hidden", "documents")))
        for (const path of ["/api/documents", "/api/documents/01977a5e-8c2b-7000-8000-000000000000/text"]) {
          const answer = yield* sendAs(user, path)
          assertProblem(answer, 500, "internal-error", path)
          assert.sameMembers(Object.keys(answer.json), ["type", "title", "status", "instance", "correlationId"])
        }
        assertProblem(yield* upload(user, "text"), 500, "internal-error", "/api/documents")
      })
    )

    it.effect("says when to retry while the database does not respond", () =>
      Effect.gen(function* () {
        const user = yield* signUp
        const { url } = yield* TestDatabase
        const [locked, release] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const holder = yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const lock = Effect.andThen(
            sql`LOCK TABLE documents IN ACCESS EXCLUSIVE MODE`,
            Deferred.succeed(locked, undefined)
          )
          yield* sql.withTransaction(Effect.andThen(lock, Deferred.await(release)))
        }).pipe(Effect.provide(Database.layerUrl(url, { statementTimeout: "20 seconds" })), Effect.forkChild)
        yield* Deferred.await(locked)
        const answer = yield* sendAs(user, "/api/documents")
        assertProblem(answer, 503, "unavailable", "/api/documents")
        assert.strictEqual(answer.headers.get("retry-after"), "5")
        const uploaded = yield* upload(user, "text")
        assertProblem(uploaded, 503, "unavailable", "/api/documents")
        yield* Deferred.succeed(release, undefined)
        yield* Fiber.join(holder)
        assert.strictEqual((yield* sendAs(user, "/api/documents")).status, 200)
        assert.strictEqual((yield* upload(user, "text")).status, 201)
        // The server cannot know whether the row was committed, so it leaves the bytes to the sweeper.
        yield* (yield* Sweeper).sweep(Duration.zero)
        yield* assertBalanced
      })
    )
  }
)
