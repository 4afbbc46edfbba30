import { join } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { maxDeliveries } from "@kite/adapters/queue/ExtractionQueue"
import { type ExtractedText, ExtractionFailure, type Page } from "@kite/domain/documents/Extraction"
import type { ExtractionJob } from "@kite/domain/documents/ExtractionJob"
import { Cause, Context, Duration, Effect, FileSystem, Layer, Option, Result, Schema, Stream } from "effect"
import { ExtractionResults, interrupted, type Source } from "./ExtractionResults.ts"
import { Extractor } from "./extraction/Extractor.ts"
import { countJob, countTimedJob } from "./JobMetrics.ts"

const downloadTimeout = "2 minutes"

const missing = () =>
  new ExtractionFailure({ code: "corrupt", message: "The stored file cannot be found. Please upload it again." })

/** Why a job could not be finished: an error of a port or a defect. */
type Trouble = Cause.Cause<{ readonly _tag: string }>

const lastFailure = (cause: Trouble) =>
  Option.exists(Cause.findErrorOption(cause), (error) => error._tag === "ObjectNotFound") ? missing() : interrupted()

/** The store, the database or a child failed; the log has the cause. */
export class JobNotDone extends Schema.TaggedError<JobNotDone>()("JobNotDone", { cause: Schema.Defect() }) {}

/** Handles one job of the queue. */
export class ExtractionHandler extends Context.Service<
  ExtractionHandler,
  {
    /**
     * Succeeds when nothing is left to do: the document is `ready` or `failed`, or has a newer run. With JobNotDone the
     * queue should retry, unless this delivery (counted from 1) was the last: then the document is `failed`.
     */
    readonly handle: (job: ExtractionJob, delivery: number) => Effect.Effect<void, JobNotDone>
  }
>()("@kite/worker/ExtractionHandler") {
  static readonly layer = Layer.effect(
    ExtractionHandler,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const store = yield* ObjectStore
      const results = yield* ExtractionResults
      const extractor = yield* Extractor

      const download = Effect.fnUntraced(function* ({ objectKey }: Source) {
        const path = join(yield* files.makeTempDirectoryScoped({ prefix: "kite-job-" }), "document")
        yield* Stream.run(store.get(objectKey), files.sink(path)).pipe(Effect.timeout(downloadTimeout))
        return path
      })

      const extract = Effect.fnUntraced(function* (source: Source) {
        const path = yield* download(source)
        const none: ExtractedText = { pages: [] }
        return yield* extractor.extract({ path, contentType: source.contentType }).pipe(
          Effect.map((text) => ({ text, failure: text.cutOffBy })),
          Effect.catch((failure) => Effect.succeed({ text: none, failure }))
        )
      }, Effect.scoped)

      const run = Effect.fnUntraced(function* (job: ExtractionJob) {
        const source = yield* results.begin(job)
        if (Option.isNone(source)) {
          return yield* Effect.logInfo("Job is obsolete").pipe(Effect.annotateLogs({ event: "job_obsolete" }))
        }
        const { contentType } = source.value
        yield* Effect.logInfo("Job started").pipe(Effect.annotateLogs({ event: "job_started", contentType }))
        const [duration, { text, failure }] = yield* Effect.timed(extract(source.value))
        const facts = { contentType, durationMs: Math.round(Duration.toMillis(duration)) }
        const fail = Effect.fnUntraced(function* (reason: ExtractionFailure, pages: ReadonlyArray<Page>) {
          yield* results.fail(job, reason, pages)
          const failed = { ...facts, event: "job_failed", failureCode: reason.code, reason: reason.message }
          yield* countTimedJob("failed", duration)
          yield* Effect.logWarning("Job failed").pipe(Effect.annotateLogs(failed))
        })
        const { pages } = text
        if (failure !== undefined) return yield* fail(failure, pages)
        const stored = yield* Effect.result(results.complete(job, text))
        // The pages could not be stored, so none are kept.
        if (Result.isFailure(stored)) return yield* fail(stored.failure, [])
        const ocrPages = pages.filter((page) => page.source !== "text").length
        const finished = { ...facts, event: "job_finished", pageCount: pages.length, ocrPages }
        yield* countTimedJob("finished", duration)
        yield* Effect.logInfo("Job finished").pipe(Effect.annotateLogs(finished))
      })

      const retryOrFail = Effect.fnUntraced(function* (job: ExtractionJob, delivery: number, cause: Trouble) {
        if (Cause.hasInterruptsOnly(cause)) return yield* Effect.interrupt
        const last = delivery >= maxDeliveries
        yield* Effect.logError(last ? "Job failed permanently" : "Job will be retried", cause).pipe(
          Effect.annotateLogs({ event: last ? "job_given_up" : "job_retried", attempts: delivery })
        )
        yield* countJob(last ? "given_up" : "retried")
        if (last) yield* results.fail(job, lastFailure(cause))
        return yield* new JobNotDone({ cause: Cause.squash(cause) })
      })

      return ExtractionHandler.of({
        handle: Effect.fn("ExtractionHandler.handle")((job, delivery) =>
          Effect.catchCause(run(job), (cause) => retryOrFail(job, delivery, cause))
        )
      })
    })
  ).pipe(Layer.provide(NodeFileSystem.layer))
}
