import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import { ExtractionQueue, maxAttempts } from "@kite/adapters/queue/ExtractionQueue"
import { jobId } from "@kite/domain/documents/ExtractionJob"
import { eventually } from "@kite/testkit/Eventually"
import { TestDatabase, testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Deferred, Effect, Fiber, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { extractionQueueSuite, newJob, takeOne } from "./ExtractionQueueSuite.ts"

const quick = ExtractionQueue.layerWith({ leaseTime: "1 second", pollInterval: "20 millis" }).pipe(
  Layer.provideMerge(testDatabase)
)
const pass = SqlClient.SqlClient.use(
  (sql) => sql`UPDATE extraction_queue SET visible_at = now() WHERE state = 'pending'`
)

extractionQueueSuite("Postgres", quick, { excludeTestServices: true, pass })

const rowOf = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ state: string; attempts: number; acquiredAt: Date | null }>`
    SELECT state, attempts, acquired_at FROM extraction_queue WHERE id = ${id}`
  return rows[0]
})

/** Waits until the row matches. */
const rowWhen = (id: string, isSo: (row: Effect.Success<ReturnType<typeof rowOf>>) => boolean) =>
  eventually(rowOf(id), isSo)

/** A worker process that holds one job, until it is killed. */
const holdInChild = Effect.gen(function* () {
  const { url } = yield* TestDatabase
  const program = fileURLToPath(new URL("./TakeForever.ts", import.meta.url))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [program, Redacted.value(url)], { stdio: ["ignore", "pipe", "inherit"] })
    ),
    (process) => Effect.sync(() => process.kill("SIGKILL"))
  )
  yield* Effect.promise(() => once(child.stdout, "data"))
  return Effect.promise(async () => {
    const exit = once(child, "exit")
    child.kill("SIGKILL")
    await exit
  })
})

suite(quick)("ExtractionQueue in Postgres", (it) => {
  it.effect("has no job of an offer that was rolled back", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* ExtractionQueue
      const [lost, kept] = [yield* newJob, yield* newJob]
      yield* Effect.ignore(sql.withTransaction(Effect.andThen(queue.offer(lost), Effect.fail("rolled back"))))
      assert.isUndefined(yield* rowOf(jobId(lost)))
      yield* sql.withTransaction(queue.offer(kept))
      assert.deepStrictEqual(yield* takeOne, [kept, 1])
    })
  )

  it.effect("delivers a job when its transaction is committed, not before", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* ExtractionQueue
      const job = yield* newJob
      const [offered, commit] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const taker = yield* Effect.forkChild(takeOne, { startImmediately: true })
      const offering = Effect.all([queue.offer(job), Deferred.succeed(offered, undefined), Deferred.await(commit)])
      const offerer = yield* Effect.forkChild(sql.withTransaction(offering))
      yield* Deferred.await(offered)
      assert.isUndefined(yield* rowOf(jobId(job)))
      assert.isUndefined(taker.pollUnsafe())
      yield* Deferred.succeed(commit, undefined)
      assert.deepStrictEqual(yield* Fiber.join(taker), [job, 1])
      yield* Fiber.join(offerer)
    })
  )

  it.effect("redelivers a job when the lease of a killed worker expires, and counts that attempt", () =>
    Effect.gen(function* () {
      const queue = yield* ExtractionQueue
      const job = yield* newJob
      yield* queue.offer(job)
      const kill = yield* holdInChild
      yield* kill
      assert.deepInclude(yield* rowOf(jobId(job)), { state: "pending", attempts: 1 })
      assert.deepStrictEqual(yield* takeOne, [job, 2])
    })
  )

  it.effect("does not redeliver the job of a running worker, however long it takes", () =>
    Effect.gen(function* () {
      const queue = yield* ExtractionQueue
      const [job, other] = [yield* newJob, yield* newJob]
      yield* queue.offer(job)
      yield* holdInChild
      const acquired = (yield* rowOf(jobId(job)))?.acquiredAt?.getTime() ?? 0
      yield* rowWhen(jobId(job), (row) => (row?.acquiredAt?.getTime() ?? 0) > acquired + 1_500)
      yield* queue.offer(other)
      assert.deepStrictEqual(yield* takeOne, [other, 1])
      assert.deepInclude(yield* rowOf(jobId(job)), { state: "pending", attempts: 1 })
    })
  )

  it.effect("drops a job whose worker was killed in the last attempt", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* ExtractionQueue
      const job = yield* newJob
      yield* sql`DELETE FROM extraction_queue`
      yield* queue.offer(job)
      yield* sql`UPDATE extraction_queue SET attempts = ${maxAttempts - 1} WHERE id = ${jobId(job)}`
      const kill = yield* holdInChild
      yield* kill
      const taker = yield* Effect.forkChild(takeOne)
      assert.deepInclude(yield* rowWhen(jobId(job), (row) => row?.state === "failed"), { attempts: maxAttempts })
      yield* Fiber.interrupt(taker)
    })
  )

  it.effect("continues after a job that cannot be decoded", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* ExtractionQueue
      const [broken, job] = [yield* newJob, yield* newJob]
      yield* queue.offer(broken)
      yield* sql`UPDATE extraction_queue SET element = '{"documentId":5}' WHERE id = ${jobId(broken)}`
      yield* queue.offer(job)
      assert.deepStrictEqual(yield* takeOne, [job, 1])
      assert.strictEqual((yield* rowOf(jobId(broken)))?.state, "failed")
    })
  )
})
