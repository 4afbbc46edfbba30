import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import { ExtractionQueue, maxDeliveries } from "@kite/adapters/queue/ExtractionQueue"
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
  (sql) => sql`UPDATE extraction_jobs SET due_at = now(), state = 'waiting' WHERE state = 'delayed'`
)

const age = SqlClient.SqlClient.use(
  (sql) => sql`UPDATE extraction_jobs SET created_at = created_at - interval '1 hour'`
)

extractionQueueSuite("Postgres", quick, { excludeTestServices: true, pass, age })

const rowOf = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ state: string; deliveries: number; dueAt: Date }>`
    SELECT state, deliveries, due_at FROM extraction_jobs WHERE id = ${id}`
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
  it.effect("drops an offer when its transaction rolls back", () =>
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

  it.effect("delivers a job only after its transaction has committed", () =>
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

  it.effect("delivers the job of a killed worker again when its lease has expired, and counts that delivery", () =>
    Effect.gen(function* () {
      const queue = yield* ExtractionQueue
      const job = yield* newJob
      yield* queue.offer(job)
      const kill = yield* holdInChild
      yield* kill
      assert.deepInclude(yield* rowOf(jobId(job)), { state: "running", deliveries: 1 })
      assert.deepStrictEqual(yield* takeOne, [job, 2])
    })
  )

  it.effect("leaves a job to a live worker, however long it takes", () =>
    Effect.gen(function* () {
      const queue = yield* ExtractionQueue
      const [job, other] = [yield* newJob, yield* newJob]
      yield* queue.offer(job)
      yield* holdInChild
      const leased = (yield* rowOf(jobId(job)))?.dueAt.getTime() ?? 0
      yield* rowWhen(jobId(job), (row) => (row?.dueAt.getTime() ?? 0) > leased + 1_500)
      yield* queue.offer(other)
      assert.deepStrictEqual(yield* takeOne, [other, 1])
      assert.deepInclude(yield* rowOf(jobId(job)), { state: "running", deliveries: 1 })
    })
  )

  it.effect("stops retrying a job whose worker was killed in its last delivery", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* ExtractionQueue
      const job = yield* newJob
      yield* sql`DELETE FROM extraction_jobs`
      yield* queue.offer(job)
      yield* sql`UPDATE extraction_jobs SET deliveries = ${maxDeliveries - 1} WHERE id = ${jobId(job)}`
      const kill = yield* holdInChild
      yield* kill
      const taker = yield* Effect.forkChild(takeOne)
      assert.deepInclude(yield* rowWhen(jobId(job), (row) => row?.state === "failed"), { deliveries: maxDeliveries })
      yield* Fiber.interrupt(taker)
    })
  )

  it.effect("interrupts a worker whose job went to another, and leaves the job to that one", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* ExtractionQueue
      const job = yield* newJob
      yield* queue.offer(job)
      const [begun, interrupted] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const taker = yield* Effect.forkChild(
        queue.take(() =>
          Deferred.succeed(begun, undefined).pipe(
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
          )
        )
      )
      yield* Deferred.await(begun)
      yield* sql`UPDATE extraction_jobs SET holder = gen_random_uuid(), deliveries = 2 WHERE id = ${jobId(job)}`
      yield* Deferred.await(interrupted)
      yield* Fiber.join(taker)
      assert.deepInclude(yield* rowOf(jobId(job)), { state: "running", deliveries: 2 })
      yield* sql`DELETE FROM extraction_jobs`
    })
  )

  it.effect("takes over what waits in the queue of an older version, in fair order", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { migration } = yield* Effect.promise(
        () => import("@kite/adapters/postgres/migrations/0007_extraction_jobs")
      )
      const [first, second, other] = [yield* newJob, yield* newJob, yield* newJob]
      const next = { ...second, userId: first.userId }
      const jobs = [first, next, other]
      yield* sql`DROP TABLE extraction_jobs`
      yield* sql`
        CREATE TABLE extraction_queue (
          sequence serial PRIMARY KEY, id text NOT NULL, queue_name text NOT NULL, element text NOT NULL, state text NOT NULL
        )`
      for (const job of jobs) {
        const { run, ...rest } = job
        yield* sql`
          INSERT INTO extraction_queue (id, queue_name, element, state)
          VALUES (${jobId(job)}, 'extraction', ${JSON.stringify({ ...rest, attempt: run })}, 'pending')`
      }
      yield* sql`INSERT INTO extraction_queue (id, queue_name, element, state) VALUES ('x', 'extraction', '{}', 'completed')`
      yield* migration
      const order = [yield* takeOne, yield* takeOne, yield* takeOne]
      assert.deepStrictEqual(order, [
        [first, 1],
        [other, 1],
        [next, 1]
      ])
    })
  )
})
