import { readFile } from "node:fs/promises"
import { type ExtractedText, ExtractionFailure, type Page } from "@kite/domain/documents/Extraction"
import { Data, Effect, Queue } from "effect"
import type { ExtractionRequest } from "./ChildProtocol.ts"
import { exitReason, outOfMemory, timedOut } from "./ExitReason.ts"
import type { Limits } from "./ExtractionLimits.ts"
import type { ChildExit, ExtractorChild } from "./ExtractorChild.ts"

/** The child ended before it accepted the request: another child can read the document. */
export class NotAccepted extends Data.TaggedError("NotAccepted")<{ readonly exit: ChildExit }> {}

const memoryCheckInterval = "50 millis"

const failed = ({ code, message }: Pick<ExtractionFailure, "code" | "message">) =>
  new ExtractionFailure({ code, message })

const failOnExit = (exit: ChildExit) => {
  const reason = exitReason(exit)
  return reason instanceof ExtractionFailure ? Effect.fail(reason) : Effect.die(reason)
}

/** Collects the replies to one request; each must arrive within `silenceMillis`. */
const gather = Effect.fnUntraced(function* (child: ExtractorChild, limits: Limits) {
  const pages: Array<Page> = []
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
        yield* Effect.logWarning("Page could not be read").pipe(
          Effect.annotateLogs({ event: "page_failed", page: event.number, code: event.code, reason: event.message })
        )
        break
      case "Finished":
        child.busy = false
        if (failure !== undefined && pages.every((page) => page.text === "")) return yield* failure
        return { pages } satisfies ExtractedText
      case "Failed":
        child.busy = false
        return yield* failed(event)
      case "Exited":
        return yield* isAccepted ? failOnExit(event) : new NotAccepted({ exit: event })
    }
  }
})

/**
 * Resident bytes of a process, ArrayBuffers and WASM memory included, from Linux' `/proc`. 0 when the process has ended or
 * the system has no `/proc`: there only the heap limit applies.
 */
const residentBytes = (pid: number): Effect.Effect<number> =>
  Effect.tryPromise(() => readFile(`/proc/${pid}/status`, "utf8")).pipe(
    Effect.map((status) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024),
    Effect.orElseSucceed(() => 0)
  )

const watchMemory = (child: ExtractorChild, limits: Limits): Effect.Effect<never, ExtractionFailure> =>
  residentBytes(child.pid).pipe(
    Effect.flatMap((bytes) => (bytes > limits.maxResidentBytes ? outOfMemory() : Effect.sleep(memoryCheckInterval))),
    Effect.forever
  )

/**
 * Lets a child read one document. If this fails while the child is still `busy`, the child hangs, uses too much memory or
 * has ended, and its owner must replace it. NotAccepted: the child ended before it accepted the request.
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

/** Whether a new child should replace one that has finished a job. */
export const shouldRecycle = (child: ExtractorChild, limits: Limits) =>
  child.jobs >= limits.recycleAfterJobs
    ? Effect.succeed(true)
    : Effect.map(residentBytes(child.pid), (bytes) => bytes > limits.recycleAboveBytes)
