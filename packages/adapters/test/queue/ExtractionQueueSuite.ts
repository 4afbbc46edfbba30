import { randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { ExtractionQueue, maxDeliveries } from "@kite/adapters/queue/ExtractionQueue"
import { DocumentId } from "@kite/domain/documents/Document"
import { type ExtractionJob, jobId } from "@kite/domain/documents/ExtractionJob"
import { UserId } from "@kite/domain/users/User"
import { Deferred, Effect, Fiber, type Layer } from "effect"

export const newJob = Effect.sync(
  (): ExtractionJob => ({
    documentId: DocumentId.make(randomUUID()),
    userId: UserId.make(randomUUID()),
    run: 1,
    correlationId: randomUUID()
  })
)

/** Takes one job and acknowledges it; returns it and how often it was delivered. */
export const takeOne = Effect.gen(function* () {
  const queue = yield* ExtractionQueue
  const taken = yield* Deferred.make<readonly [ExtractionJob, number]>()
  yield* queue.take((job, delivery) => Deferred.succeed(taken, [job, delivery]))
  return yield* Deferred.await(taken)
})

/** Takes one job and fails it. */
const failOne = Effect.gen(function* () {
  const queue = yield* ExtractionQueue
  return yield* Effect.flip(queue.take((_job, delivery) => Effect.fail(delivery)))
})

interface Options<R> {
  readonly excludeTestServices: boolean
  /** Ends every back-off. */
  readonly pass: Effect.Effect<unknown, unknown, R>
  /** Makes every waiting job an hour older. */
  readonly age: Effect.Effect<unknown, unknown, R>
}

/** The behaviour of every layer of ExtractionQueue. Every test leaves the queue empty. */
export const extractionQueueSuite = <R>(
  name: string,
  queueLayer: Layer.Layer<ExtractionQueue | R, unknown>,
  { excludeTestServices, pass, age }: Options<R>
) =>
  layer(queueLayer, { excludeTestServices, timeout: "60 seconds" })(`ExtractionQueue: ${name}`, (it) => {
    it.effect("delivers jobs in the order in which they were offered", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const jobs = [yield* newJob, yield* newJob, yield* newJob]
        yield* Effect.forEach(jobs, queue.offer)
        for (const job of jobs) assert.deepStrictEqual(yield* takeOne, [job, 1])
      })
    )

    it.effect("makes a worker wait until there is a job", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const taker = yield* Effect.forkChild(takeOne, { startImmediately: true })
        const job = yield* newJob
        yield* queue.offer(job)
        assert.deepStrictEqual(yield* Fiber.join(taker), [job, 1])
      })
    )

    it.effect("treats a run that is offered twice as one job, even after it is done", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const [job, next, last] = [yield* newJob, yield* newJob, yield* newJob]
        yield* queue.offer(job)
        yield* queue.offer({ ...job, correlationId: "of the second request" })
        yield* queue.offer(next)
        assert.deepStrictEqual(yield* takeOne, [job, 1])
        assert.deepStrictEqual(yield* takeOne, [next, 1])
        yield* queue.offer(job)
        yield* queue.offer(last)
        assert.deepStrictEqual(yield* takeOne, [last, 1])
        yield* queue.offer({ ...job, run: 2 })
        assert.deepStrictEqual(yield* takeOne, [{ ...job, run: 2 }, 1])
      })
    )

    it.effect("delivers each job to exactly one of many workers", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const jobs = yield* Effect.replicateEffect(newJob, 40)
        const takers = yield* Effect.forkChild(Effect.replicateEffect(takeOne, 40, { concurrency: 8 }))
        yield* Effect.forEach(jobs, queue.offer, { concurrency: 8 })
        const taken = yield* Fiber.join(takers)
        assert.sameMembers(
          taken.map(([{ documentId }]) => documentId),
          jobs.map(({ documentId }) => documentId)
        )
      })
    )

    it.effect("retries a failed job later, after the jobs that wait", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const [job, other] = [yield* newJob, yield* newJob]
        yield* queue.offer(job)
        assert.strictEqual(yield* failOne, 1)
        yield* queue.offer(other)
        assert.deepStrictEqual(yield* takeOne, [other, 1])
        yield* pass
        assert.deepStrictEqual(yield* takeOne, [job, 2])
      })
    )

    it.effect("retries a job whose handler failed with a defect", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const job = yield* newJob
        yield* queue.offer(job)
        yield* Effect.exit(queue.take(() => Effect.die("a defect")))
        yield* pass
        assert.deepStrictEqual(yield* takeOne, [job, 2])
      })
    )

    it.effect("stops retrying a job after its last delivery", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const [job, other] = [yield* newJob, yield* newJob]
        yield* queue.offer(job)
        // The promised number, not the constant.
        for (let delivery = 1; delivery <= 8; delivery++) {
          assert.strictEqual(yield* failOne, delivery)
          yield* pass
        }
        yield* queue.offer(other)
        yield* queue.offer(job)
        assert.deepStrictEqual(yield* takeOne, [other, 1])
      })
    )

    it.effect("makes the job of an interrupted worker available at once and does not count that delivery", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const job = yield* newJob
        yield* queue.offer(job)
        for (let times = 0; times <= maxDeliveries; times++) {
          const begun = yield* Deferred.make<void>()
          const taker = yield* Effect.forkChild(
            queue.take(() => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
          )
          yield* Deferred.await(begun)
          yield* Fiber.interrupt(taker)
        }
        assert.deepStrictEqual(yield* queue.pending([job]), [job])
        assert.deepStrictEqual(yield* takeOne, [job, 1])
      })
    )

    it.effect("loses no job to a worker that is interrupted while it waits", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const taker = yield* Effect.forkChild(takeOne, { startImmediately: true })
        yield* Fiber.interrupt(taker)
        const job = yield* newJob
        yield* queue.offer(job)
        assert.deepStrictEqual(yield* takeOne, [job, 1])
      })
    )

    it.effect("counts the jobs that wait or run and measures the age of the oldest", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        assert.deepStrictEqual(yield* queue.depth, { jobs: 0, oldestSeconds: 0 })
        yield* Effect.replicateEffect(Effect.flatMap(newJob, queue.offer), 3)
        assert.strictEqual((yield* queue.depth).jobs, 3)
        yield* queue.take(() =>
          Effect.flatMap(queue.depth, ({ jobs }) => Effect.sync(() => assert.strictEqual(jobs, 3)))
        )
        assert.strictEqual((yield* queue.depth).jobs, 2)
        yield* failOne
        yield* age
        const { jobs, oldestSeconds } = yield* queue.depth
        assert.strictEqual(jobs, 2)
        assert.isAtLeast(oldestSeconds, 3_600)
        assert.isBelow(oldestSeconds, 3_700)
        yield* pass
        yield* Effect.replicateEffect(takeOne, 2)
        assert.deepStrictEqual(yield* queue.depth, { jobs: 0, oldestSeconds: 0 })
      })
    )

    it.effect("finds those of the jobs that a worker will still finish", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const [waiting, done, failed, unknown] = yield* Effect.all([newJob, newJob, newJob, newJob])
        const ofAll = Effect.map(queue.pending([unknown, waiting, done, failed, { ...waiting, run: 2 }]), (jobs) =>
          jobs.map(jobId)
        )
        yield* queue.offer(failed)
        for (let delivery = 1; delivery <= maxDeliveries; delivery++) {
          assert.deepStrictEqual(yield* ofAll, [jobId(failed)])
          yield* failOne
          yield* pass
        }
        yield* queue.offer(done)
        yield* queue.offer(waiting)
        assert.deepStrictEqual(yield* ofAll, [jobId(waiting), jobId(done)])
        assert.deepStrictEqual(yield* takeOne, [done, 1])
        assert.deepStrictEqual(yield* ofAll, [jobId(waiting)])
        yield* queue.take(() => Effect.flatMap(ofAll, (ids) => Effect.sync(() => assert.include(ids, jobId(waiting)))))
        assert.deepStrictEqual(yield* ofAll, [])
        assert.deepStrictEqual(yield* queue.pending([]), [])
      })
    )

    it.effect("delivers the first job of each account before the second of any", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const [a1, b1, c1] = yield* Effect.all([newJob, newJob, newJob])
        const next = (job: ExtractionJob) => Effect.map(newJob, (other) => ({ ...other, userId: job.userId }))
        const [a2, a3, c2] = [yield* next(a1), yield* next(a1), yield* next(c1)]
        yield* Effect.forEach([a1, a2, a3, b1, c1, c2], queue.offer)
        const order: Array<string> = []
        for (let index = 0; index < 6; index++) order.push(jobId((yield* takeOne)[0]))
        assert.deepStrictEqual(order, [a1, b1, c1, a2, c2, a3].map(jobId))
      })
    )

    it.effect("delivers a job of the account with the fewest running jobs", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const [a1, another, b1] = yield* Effect.all([newJob, newJob, newJob])
        const a2 = { ...another, userId: a1.userId }
        yield* Effect.forEach([a1, a2], queue.offer)
        yield* queue.take(() =>
          Effect.gen(function* () {
            yield* queue.offer(b1)
            assert.deepStrictEqual(yield* takeOne, [b1, 1])
          })
        )
        assert.deepStrictEqual(yield* takeOne, [a2, 1])
      })
    )

    it.effect("keeps the workers of a process from taking more than so many jobs of one account", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const [a1, another, b1] = yield* Effect.all([newJob, newJob, newJob])
        const a2 = { ...another, userId: a1.userId }
        const takeBounded = Effect.gen(function* () {
          const taken = yield* Deferred.make<ExtractionJob>()
          yield* queue.take((job) => Deferred.succeed(taken, job), { perAccount: 1 })
          return yield* Deferred.await(taken)
        })
        yield* Effect.forEach([a1, a2], queue.offer)
        yield* queue.take(
          () =>
            Effect.gen(function* () {
              const waiting = yield* Effect.forkChild(takeBounded)
              yield* queue.offer(b1)
              assert.deepStrictEqual(yield* Fiber.join(waiting), b1)
              assert.deepStrictEqual(yield* queue.pending([a2]), [a2])
            }),
          { perAccount: 1 }
        )
        assert.deepStrictEqual(yield* takeBounded, a2)
      })
    )

    it.effect("can be checked, also without jobs", () => ExtractionQueue.use(({ check }) => check))
  })
