import { assert } from "@effect/vitest"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { DocumentId } from "@kite/domain/documents/Document"
import type { ExtractionJob } from "@kite/domain/documents/ExtractionJob"
import { UserId } from "@kite/domain/users/User"
import { type Progress, Reprocessing } from "@kite/server/documents/Reprocessing"
import { insertDocuments } from "@kite/testkit/documents/Rows"
import { signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"

const parts = Reprocessing.layer.pipe(Layer.provideMerge(TestServer.layer))

/** Documents that an earlier version has read. */
const oldDocuments = Effect.fnUntraced(function* (owner: string, count: number) {
  const sql = yield* SqlClient.SqlClient
  const ids = yield* insertDocuments(
    owner,
    Array.from({ length: count }, (_, index) => `${index}.txt`)
  )
  yield* sql`UPDATE documents SET status = 'ready' WHERE id = ANY(${ids}::uuid[])`
  return ids.map((id) => DocumentId.make(id)).sort()
})

/** Takes jobs until it is interrupted, and notes them. Jobs of documents that are not there change nothing. */
const worker = Effect.fnUntraced(function* (seen: Array<ExtractionJob>, status: "ready" | "failed" = "ready") {
  const sql = yield* SqlClient.SqlClient
  const queue = yield* ExtractionQueue
  const take = queue.take((job) =>
    Effect.gen(function* () {
      seen.push(job)
      const failure = status === "failed" ? "corrupt" : null
      yield* sql`UPDATE documents SET status = ${status}, failure_code = ${failure}, failure_message = ${failure},
        readers_version = 1 WHERE id = ${job.documentId}`
    }).pipe(Effect.orDie)
  )
  return yield* Effect.forkScoped(Effect.forever(take))
})

const silent = () => Effect.void
const idsOf = (seen: ReadonlyArray<ExtractionJob>) => seen.map(({ documentId }) => documentId)

suite(parts)("Reprocessing", (it) => {
  it.effect("reads the documents of an earlier version again, the newest first, and tells how far it is", () =>
    Effect.gen(function* () {
      const { all } = yield* Reprocessing
      const one = yield* oldDocuments((yield* signUp).id, 2)
      const other = yield* oldDocuments((yield* signUp).id, 1)
      const seen: Array<ExtractionJob> = []
      const reports: Array<Progress> = []
      yield* worker(seen, "failed")
      yield* all((progress) => Effect.sync(() => reports.push(progress)))
      assert.deepStrictEqual(idsOf(seen), [...one, ...other].sort().toReversed())
      assert.deepStrictEqual(
        reports,
        [1, 2, 3].map((done) => ({ total: 3, done, failed: done }))
      )
      assert.isTrue(seen.every(({ run }) => run === 2))
      assert.deepStrictEqual(yield* all(silent), { total: 0, done: 0, failed: 0 })
    }).pipe(Effect.scoped)
  )

  it.effect("offers a document only after all jobs of others are done", () =>
    Effect.gen(function* () {
      const { all } = yield* Reprocessing
      const queue = yield* ExtractionQueue
      const ids = yield* oldDocuments((yield* signUp).id, 2)
      const userId = UserId.make((yield* signUp).id)
      const uploads = yield* oldDocuments(userId, 3)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE documents SET readers_version = 1 WHERE user_id = ${userId}`
      for (const documentId of uploads) yield* queue.offer({ documentId, userId, run: 1, correlationId: "upload" })
      const seen: Array<ExtractionJob> = []
      const reprocessing = yield* Effect.forkChild(all(silent))
      yield* worker(seen)
      yield* Fiber.join(reprocessing)
      assert.deepStrictEqual(idsOf(seen), [...uploads, ...ids.toReversed()])
    }).pipe(Effect.scoped)
  )

  it.effect("goes on where it stopped", () =>
    Effect.gen(function* () {
      const { all } = yield* Reprocessing
      const ids = yield* oldDocuments((yield* signUp).id, 3)
      const seen: Array<ExtractionJob> = []
      yield* worker(seen)
      const isBegun = yield* Deferred.make<void>()
      const stopped = yield* Effect.forkChild(
        all(() => Effect.andThen(Deferred.succeed(isBegun, undefined), Effect.never))
      )
      yield* Deferred.await(isBegun)
      yield* Fiber.interrupt(stopped)
      assert.deepStrictEqual(yield* all(silent), { total: 2, done: 2, failed: 0 })
      assert.deepStrictEqual(idsOf(seen), ids.toReversed())
    }).pipe(Effect.scoped)
  )
})
