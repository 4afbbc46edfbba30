import { randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { ExtractionQueue, maxAttempts } from "@kite/adapters/queue/ExtractionQueue"
import { DocumentId } from "@kite/domain/documents/Document"
import type { ExtractionJob } from "@kite/domain/documents/ExtractionJob"
import { UserId } from "@kite/domain/users/User"
import { Deferred, Effect, Fiber, type Layer } from "effect"

export const newJob = Effect.sync(
  (): ExtractionJob => ({
    documentId: DocumentId.make(randomUUID()),
    userId: UserId.make(randomUUID()),
    attempt: 1,
    correlationId: randomUUID()
  })
)

/** Takes one job and acknowledges it; returns it and the number of its attempts. */
export const takeOne = Effect.gen(function* () {
  const queue = yield* ExtractionQueue
  const taken = yield* Deferred.make<readonly [ExtractionJob, number]>()
  yield* queue.take((job, attempts) => Deferred.succeed(taken, [job, attempts]))
  return yield* Deferred.await(taken)
})

/** Takes one job and fails it. */
const failOne = Effect.gen(function* () {
  const queue = yield* ExtractionQueue
  return yield* Effect.flip(queue.take((_job, attempts) => Effect.fail(attempts)))
})

interface Options<R> {
  readonly excludeTestServices: boolean
  /** Waits until every back-off is over. */
  readonly pass: Effect.Effect<unknown, unknown, R>
}

/** The behaviour of every layer of ExtractionQueue. Every test leaves the queue empty. */
export const extractionQueueSuite = <R>(
  name: string,
  queueLayer: Layer.Layer<ExtractionQueue | R, unknown>,
  { excludeTestServices, pass }: Options<R>
) =>
  layer(queueLayer, { excludeTestServices, timeout: "60 seconds" })(`ExtractionQueue: ${name}`, (it) => {
    it.effect("delivers jobs in the order of their offers", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const jobs = [yield* newJob, yield* newJob, yield* newJob]
        yield* Effect.forEach(jobs, queue.offer)
        for (const job of jobs) assert.deepStrictEqual(yield* takeOne, [job, 1])
      })
    )

    it.effect("lets a worker wait until there is a job", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const taker = yield* Effect.forkChild(takeOne, { startImmediately: true })
        const job = yield* newJob
        yield* queue.offer(job)
        assert.deepStrictEqual(yield* Fiber.join(taker), [job, 1])
      })
    )

    it.effect("delivers a job that is offered twice only once, even after it is done", () =>
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
        yield* queue.offer({ ...job, attempt: 2 })
        assert.deepStrictEqual(yield* takeOne, [{ ...job, attempt: 2 }, 1])
      })
    )

    it.effect("delivers every job to one of many workers", () =>
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

    it.effect("retries a job that failed, later and not before others", () =>
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

    it.effect("retries a job whose handler died", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const job = yield* newJob
        yield* queue.offer(job)
        yield* Effect.exit(queue.take(() => Effect.die("a defect")))
        yield* pass
        assert.deepStrictEqual(yield* takeOne, [job, 2])
      })
    )

    it.effect("drops a job after its last attempt", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const [job, other] = [yield* newJob, yield* newJob]
        yield* queue.offer(job)
        for (let attempt = 1; attempt <= maxAttempts; attempt++) {
          assert.strictEqual(yield* failOne, attempt)
          yield* pass
        }
        yield* queue.offer(other)
        yield* queue.offer(job)
        assert.deepStrictEqual(yield* takeOne, [other, 1])
      })
    )

    it.effect("redelivers a job at once, without counting the attempt, when its worker is interrupted", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const job = yield* newJob
        yield* queue.offer(job)
        for (let times = 0; times <= maxAttempts; times++) {
          const begun = yield* Deferred.make<void>()
          const taker = yield* Effect.forkChild(
            queue.take(() => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
          )
          yield* Deferred.await(begun)
          yield* Fiber.interrupt(taker)
        }
        assert.deepStrictEqual(yield* takeOne, [job, 1])
      })
    )

    it.effect("loses no job when a waiting worker is interrupted", () =>
      Effect.gen(function* () {
        const queue = yield* ExtractionQueue
        const taker = yield* Effect.forkChild(takeOne, { startImmediately: true })
        yield* Fiber.interrupt(taker)
        const job = yield* newJob
        yield* queue.offer(job)
        assert.deepStrictEqual(yield* takeOne, [job, 1])
      })
    )
  })
