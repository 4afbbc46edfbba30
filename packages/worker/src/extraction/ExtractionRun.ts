import { type ExtractedText, ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Clock, Data, Effect, Queue } from "effect"
import { type DocumentFile, sizeOf } from "./Delivery.ts"
import { exitReason, outOfMemory, timedOut } from "./ExitReason.ts"
import type { Limits } from "./ExtractionLimits.ts"
import type { ChildExit, ExtractorChild } from "./ExtractorChild.ts"
import { oomKills } from "./OomKills.ts"
import { cpuMillis, residentBytes } from "./ProcessUsage.ts"
import type { Reading } from "./Reading.ts"

/** The child ended before it accepted the request: another child can read the document. */
export class NotAccepted extends Data.TaggedError("NotAccepted")<{ readonly exit: ChildExit }> {}

/** A page took too long and is left out: another child can read the pages after it. */
export class PageTimedOut extends Data.TaggedError("PageTimedOut") {}

/** The document as a whole took too long. */
class OutOfTime extends Data.TaggedError("OutOfTime") {}

const memoryCheckInterval = "50 millis"
const cpuCheckInterval = "250 millis"

const failed = ({ code, message }: Pick<ExtractionFailure, "code" | "message">) =>
  new ExtractionFailure({ code, message })

/** Resident memory that was this close to the limit when the child was killed: the kernel was faster than the watch. */
const nearLimit = 0.9

const failOnExit = Effect.fnUntraced(function* (
  exit: ChildExit,
  child: ExtractorChild,
  killsBefore: number,
  limits: Limits
) {
  const isOom = child.residentBytes > limits.maxResidentBytes * nearLimit || (yield* oomKills) > killsBefore
  const cause = exitReason(exit, isOom)
  return yield* cause instanceof ExtractionFailure ? Effect.fail(cause) : Effect.die(cause)
})

const orFail = (result: ExtractedText | ExtractionFailure) =>
  result instanceof ExtractionFailure ? Effect.fail(result) : Effect.succeed(result)

const pageFailed = (number: number, { code, message }: Pick<ExtractionFailure, "code" | "message">) =>
  Effect.logWarning("Page could not be read").pipe(
    Effect.annotateLogs({ event: "page_failed", page: number, code, reason: message })
  )

/** Gathers the replies to one request: a page must come within its time, anything else within the silence that is allowed. */
const gather = Effect.fnUntraced(function* (child: ExtractorChild, reading: Reading, limits: Limits) {
  const killsBefore = yield* oomKills
  let isAccepted = false
  let page: number | undefined
  const leaveOut = Effect.fnUntraced(function* (number: number) {
    reading.leaveOut(number, timedOut())
    yield* pageFailed(number, timedOut())
    return yield* new PageTimedOut()
  })
  const next = Queue.take(child.events)
  while (true) {
    const number = page
    const event = yield* number === undefined
      ? Effect.timeoutOrElse(next, { duration: limits.silenceMillis, orElse: () => timedOut() })
      : Effect.timeoutOrElse(next, { duration: limits.pageMillis, orElse: () => leaveOut(number) })
    switch (event._tag) {
      case "Accepted":
        isAccepted = true
        break
      case "PageBegun":
        page = event.number
        reading.begin(page)
        break
      case "PageRead":
        page = undefined
        reading.pages.push(event.page)
        break
      case "PageFailed":
        page = undefined
        child.spoilt = true
        reading.leaveOut(event.number, failed(event))
        yield* pageFailed(event.number, event)
        break
      case "Indexed":
        reading.index(event)
        break
      case "EncodingAssumed":
        reading.encoding = event.encoding
        break
      case "Noticed":
        reading.notices.push(event.notice)
        break
      case "Finished":
        child.busy = false
        return yield* orFail(reading.finished())
      case "Failed":
        child.busy = false
        return yield* failed(event)
      case "Exited":
        return yield* isAccepted ? failOnExit(event, child, killsBefore, limits) : new NotAccepted({ exit: event })
    }
  }
})

const handOver = Effect.fnUntraced(function* (
  child: ExtractorChild,
  { path, contentType }: DocumentFile,
  reading: Reading,
  limits: Limits
) {
  reading.size = yield* sizeOf(path)
  const text = { maxBytes: reading.textBytes(limits), bytesRead: reading.textBytesRead }
  yield* child.send({ size: reading.size, contentType, firstPage: reading.nextPage, text }, path)
})

const watchMemory = (child: ExtractorChild, limits: Limits): Effect.Effect<never, ExtractionFailure> =>
  residentBytes(child.pid).pipe(
    Effect.tap((bytes) =>
      Effect.sync(() => {
        if (bytes > 0) child.residentBytes = bytes
      })
    ),
    Effect.flatMap((bytes) => (bytes > limits.maxResidentBytes ? outOfMemory() : Effect.sleep(memoryCheckInterval))),
    Effect.forever
  )

/** Charges the child's CPU time to the document and ends with its budget. */
const watchCpu = Effect.fnUntraced(function* (child: ExtractorChild, reading: Reading, limits: Limits) {
  const before = yield* cpuMillis(child.pid)
  const earlier = reading.spentMillis
  while (reading.spentMillis <= reading.budgetMillis(limits)) {
    yield* Effect.sleep(cpuCheckInterval)
    reading.spentMillis = Math.max(reading.spentMillis, earlier + (yield* cpuMillis(child.pid)) - before)
  }
  return yield* new OutOfTime()
})

/**
 * Lets a child read one document, from the first page that is not read yet. If this ends while the child is still `busy`, the child
 * hangs, uses too much memory or time, or has ended, and its owner must replace it. NotAccepted: the child ended before it accepted
 * the request. Pages that exceed the time of the document are cut off; the pages before them are kept.
 */
export const runExtraction = Effect.fnUntraced(function* (
  child: ExtractorChild,
  file: DocumentFile,
  reading: Reading,
  limits: Limits
) {
  child.busy = true
  child.jobs += 1
  const now = yield* Clock.currentTimeMillis
  reading.startedAt ??= now
  return yield* Effect.raceAllFirst([
    gather(child, reading, limits),
    Effect.andThen(handOver(child, file, reading, limits), Effect.never),
    watchMemory(child, limits),
    watchCpu(child, reading, limits)
  ]).pipe(
    Effect.timeoutOrElse({
      duration: Math.max(0, reading.startedAt + limits.jobMillis - now),
      orElse: () => new OutOfTime()
    }),
    Effect.catchTag("OutOfTime", () => orFail(reading.cutOff()))
  )
})

/** Whether a new child should replace one that has finished a job. */
export const shouldRecycle = (child: ExtractorChild, limits: Limits) =>
  child.spoilt || child.jobs >= limits.recycleAfterJobs
    ? Effect.succeed(true)
    : Effect.map(residentBytes(child.pid), (bytes) => bytes > limits.recycleAboveBytes)
