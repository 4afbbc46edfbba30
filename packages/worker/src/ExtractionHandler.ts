import { join } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { countJob, countTimedJob } from "@kite/adapters/logging/JobMetrics"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { maxAttempts } from "@kite/adapters/queue/ExtractionQueue"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import type { ExtractionJob } from "@kite/domain/documents/ExtractionJob"
import { Cause, Context, Duration, Effect, FileSystem, Layer, Option, Schema, Stream } from "effect"
import { ExtractionResults, interrupted, type Source } from "./ExtractionResults.ts"
import { Extractor } from "./extraction/Extractor.ts"

const downloadTimeout = "2 minutes"

const missing = () =>
  new ExtractionFailure({ code: "corrupt", message: "The stored file cannot be found. Please upload it again." })

/** Why the queue has to try again: an error of a port, told by its tag, or a defect. */
type LetDown = Cause.Cause<{ readonly _tag: string }>

const lastFailure = (cause: LetDown) =>
  Option.exists(Cause.findErrorOption(cause), (error) => error._tag === "ObjectNotFound") ? missing() : interrupted()

/** A store, a database or a child let the job down; told to the log already. */
export class JobNotDone extends Schema.TaggedError<JobNotDone>()("JobNotDone", { cause: Schema.Defect() }) {}

/** Brings one job of the queue to its end. */
export class ExtractionHandler extends Context.Service<
  ExtractionHandler,
  {
    /**
     * Succeeds when the job needs nothing more: the document is `ready` or `failed`, or is not this attempt's any longer.
     * JobNotDone means that the queue should try again, unless this attempt (from 1) was the last: then the document is
     * `failed`.
     */
    readonly handle: (job: ExtractionJob, attempts: number) => Effect.Effect<void, JobNotDone>
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
        return yield* Effect.result(extractor.extract({ path, contentType: source.contentType }))
      }, Effect.scoped)

      const run = Effect.fnUntraced(function* (job: ExtractionJob) {
        const source = yield* results.begin(job)
        if (Option.isNone(source)) {
          return yield* Effect.logInfo("job is obsolete").pipe(Effect.annotateLogs({ event: "job_obsolete" }))
        }
        const { contentType } = source.value
        yield* Effect.logInfo("job started").pipe(Effect.annotateLogs({ event: "job_started", contentType }))
        const [duration, result] = yield* Effect.timed(extract(source.value))
        const facts = { contentType, durationMs: Math.round(Duration.toMillis(duration)) }
        if (result._tag === "Failure") {
          const { code, message } = result.failure
          yield* results.fail(job, result.failure)
          const failed = { ...facts, event: "job_failed", failureCode: code, reason: message }
          yield* countTimedJob("failed", duration)
          return yield* Effect.logWarning("job failed").pipe(Effect.annotateLogs(failed))
        }
        const { pages } = result.success
        yield* results.complete(job, result.success)
        const ocrPages = pages.filter((page) => page.source !== "text").length
        const finished = { ...facts, event: "job_finished", pageCount: pages.length, ocrPages }
        yield* countTimedJob("finished", duration)
        yield* Effect.logInfo("job finished").pipe(Effect.annotateLogs(finished))
      })

      const letDown = Effect.fnUntraced(function* (job: ExtractionJob, attempts: number, cause: LetDown) {
        if (Cause.hasInterruptsOnly(cause)) return yield* Effect.interrupt
        const last = attempts >= maxAttempts
        yield* Effect.logError(last ? "job given up" : "job to be tried again", cause).pipe(
          Effect.annotateLogs({ event: last ? "job_given_up" : "job_retried", attempts })
        )
        yield* countJob(last ? "given_up" : "retried")
        if (last) yield* results.fail(job, lastFailure(cause))
        return yield* new JobNotDone({ cause: Cause.squash(cause) })
      })

      return ExtractionHandler.of({
        handle: Effect.fn("ExtractionHandler.handle")((job, attempts) =>
          Effect.catchCause(run(job), (cause) => letDown(job, attempts, cause))
        )
      })
    })
  ).pipe(Layer.provide(NodeFileSystem.layer))
}
