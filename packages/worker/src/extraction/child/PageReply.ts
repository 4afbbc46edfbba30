import { ExtractionFailure, type Page } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import type { PageReply, ReadingReply } from "../ChildProtocol.ts"
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

/** What is said of a document that has more pages than are read. */
export const pagesLeftOut = (pages: number, { maxPages }: Limits): Stream.Stream<ReadingReply> =>
  pages <= maxPages
    ? Stream.empty
    : Stream.make({
        _tag: "Noticed",
        notice: { code: "pages-left-out", message: `The file has ${pages} pages; the first ${maxPages} are read.` }
      })
