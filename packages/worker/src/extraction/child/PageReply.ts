import { ExtractionFailure, type Page } from "@kite/domain/documents/Extraction"
import { Effect } from "effect"
import type { PageReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"

/** Runs the reading of one page within its time; a failure is the page's own and the document goes on. */
export const pageReply = <R>(
  number: number,
  limits: Limits,
  page: Effect.Effect<Page, ExtractionFailure, R>
): Effect.Effect<PageReply, never, R> =>
  page.pipe(
    Effect.timeoutOrElse({
      duration: limits.pageMillis,
      orElse: () => new ExtractionFailure({ code: "timed-out", message: "Reading the text took too long." })
    }),
    Effect.map((page): PageReply => ({ _tag: "PageRead", page })),
    Effect.catch(({ code, message }) => Effect.succeed<PageReply>({ _tag: "PageFailed", number, code, message }))
  )
