import type { ExtractionFailure, Page } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import type { PageReply, ReadingReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import { PageProgress } from "./PageProgress.ts"

/**
 * Reads one page, unless an earlier child has; a failure is the page's own and the document goes on. The parent keeps the
 * time: what blocks this thread (Tesseract, a bomb) would block a clock here too.
 */
export const pageReply = Effect.fnUntraced(function* <R>(
  number: number,
  page: Effect.Effect<Page, ExtractionFailure, R>
): Effect.fn.Return<PageReply, never, R> {
  const { firstPage, begin } = yield* PageProgress
  if (number < firstPage) return { _tag: "PageSkipped" }
  yield* begin(number)
  return yield* page.pipe(
    Effect.provideService(PageProgress, { firstPage, begin, extend: begin(number) }),
    Effect.map((page): PageReply => ({ _tag: "PageRead", page })),
    Effect.catch(({ code, message }) => Effect.succeed<PageReply>({ _tag: "PageFailed", number, code, message }))
  )
})

/** What is said of a document that has more pages than are read. */
export const pagesLeftOut = (pages: number, { maxPages }: Limits): Stream.Stream<ReadingReply> =>
  pages <= maxPages
    ? Stream.empty
    : Stream.make({
        _tag: "Noticed",
        notice: { code: "pages-left-out", message: `The file has ${pages} pages; the first ${maxPages} are read.` }
      })
