import type { ExtractionFailure, Page } from "@kite/domain/documents/Extraction"
import { Effect } from "effect"
import type { PageReply } from "../ChildProtocol.ts"
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
    Effect.map((page): PageReply => ({ _tag: "PageRead", page })),
    Effect.catch(({ code, message }) => Effect.succeed<PageReply>({ _tag: "PageFailed", number, code, message }))
  )
})
