import { type ExtractedText, ExtractionFailure, type Notice, type Page } from "@kite/domain/documents/Extraction"
import { Data, Effect, Queue } from "effect"
import { causeOfDeath, outOfMemory, timedOut } from "./ChildDeath.ts"
import type { ExtractionRequest } from "./ChildProtocol.ts"
import type { Limits } from "./ExtractionLimits.ts"
import type { ChildExit, ExtractorChild } from "./ExtractorChild.ts"
import { residentBytes } from "./ResidentMemory.ts"

/** The child ended before it had taken the request: nothing is known of the document, another child can read it. */
export class NotAccepted extends Data.TaggedError("NotAccepted")<{ readonly exit: ChildExit }> {}

const memoryCheckInterval = "50 millis"

const failed = ({ code, message }: Pick<ExtractionFailure, "code" | "message">) =>
  new ExtractionFailure({ code, message })

const buried = (exit: ChildExit) => {
  const cause = causeOfDeath(exit)
  return cause instanceof ExtractionFailure ? Effect.fail(cause) : Effect.die(cause)
}

/** Gathers the replies to one request; each must come within the silence that is allowed. */
const gather = Effect.fnUntraced(function* (child: ExtractorChild, limits: Limits) {
  const pages: Array<Page> = []
  const notices: Array<Notice> = []
  const failedPages = new Map<string, Array<number>>()
  let encoding: string | undefined
  let failure: ExtractionFailure | undefined
  let isAccepted = false
  const next = Queue.take(child.events).pipe(
    Effect.timeoutOrElse({ duration: limits.silenceMillis, orElse: () => timedOut() })
  )
  while (true) {
    const event = yield* next
    switch (event._tag) {
      case "Accepted":
        isAccepted = true
        break
      case "PageRead":
        pages.push(event.page)
        break
      case "PageFailed":
        failure ??= failed(event)
        pages.push({ number: event.number, text: "", source: "ocr" })
        failedPages.set(event.message, [...(failedPages.get(event.message) ?? []), event.number])
        yield* Effect.logWarning("page not read").pipe(
          Effect.annotateLogs({ event: "page_failed", page: event.number, code: event.code, reason: event.message })
        )
        break
      case "EncodingAssumed":
        encoding = event.encoding
        break
      case "Noticed":
        notices.push(event.notice)
        break
      case "Finished":
        child.busy = false
        if (failure !== undefined && pages.every((page) => page.text === "")) return yield* failure
        for (const [message, pages] of failedPages) notices.push({ code: "pages-failed", message, pages })
        return {
          pages,
          ...(encoding !== undefined && { encoding }),
          ...(notices.length > 0 && { notices })
        } satisfies ExtractedText
      case "Failed":
        child.busy = false
        return yield* failed(event)
      case "Exited":
        return yield* isAccepted ? buried(event) : new NotAccepted({ exit: event })
    }
  }
})

const watchMemory = (child: ExtractorChild, limits: Limits): Effect.Effect<never, ExtractionFailure> =>
  residentBytes(child.pid).pipe(
    Effect.flatMap((bytes) => (bytes > limits.maxResidentBytes ? outOfMemory() : Effect.sleep(memoryCheckInterval))),
    Effect.forever
  )

/**
 * Has a child read one document. When this fails with the child still `busy`, the child hangs, is too big or is gone: its
 * owner ends it. NotAccepted: the child was gone before it had the request.
 */
export const runExtraction = Effect.fnUntraced(function* (
  child: ExtractorChild,
  request: ExtractionRequest,
  limits: Limits
) {
  child.busy = true
  child.jobs += 1
  yield* child.send(request)
  return yield* Effect.raceFirst(gather(child, limits), watchMemory(child, limits)).pipe(
    Effect.timeoutOrElse({ duration: limits.jobMillis, orElse: () => timedOut() })
  )
})

/** Whether a child that has finished a job should make room for a fresh one. */
export const isWorn = (child: ExtractorChild, limits: Limits) =>
  child.jobs >= limits.recycleAfterJobs
    ? Effect.succeed(true)
    : Effect.map(residentBytes(child.pid), (bytes) => bytes > limits.recycleAboveBytes)
