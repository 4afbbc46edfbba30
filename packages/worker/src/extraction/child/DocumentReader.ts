import type { ContentType } from "@kite/domain/documents/Document"
import type { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Stream } from "effect"
import type { ExtractionRequest, PageReply, ReadingReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import { cleanText } from "./CleanText.ts"
import { readDocx } from "./Docx.ts"
import { readImage } from "./Image.ts"
import type { Ocr } from "./Ocr.ts"
import { readPdf } from "./Pdf.ts"
import { readPlainText } from "./PlainText.ts"
import { TextBudget } from "./TextBudget.ts"

type Pages = Stream.Stream<PageReply, ExtractionFailure, Ocr>

const readKind = (bytes: Uint8Array, contentType: ContentType, limits: Limits): Pages => {
  switch (contentType) {
    case "application/pdf":
      return readPdf(bytes, limits)
    case "image/png":
    case "image/jpeg":
    case "image/tiff":
    case "image/webp":
      return readImage(bytes, limits)
    case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
      return readDocx(bytes, limits)
    case "text/plain":
      return readPlainText(bytes)
  }
}

const isEnd = (reply: ReadingReply) => reply._tag === "Noticed" && reply.notice.code === "text-cut"

/**
 * What is read of a document of any kind, in order. Whatever the kind, its text is clean, and ends with a notice where it exceeds
 * what is kept; the pages after that are not read.
 */
export const readDocument = (
  bytes: Uint8Array,
  { contentType, text }: Pick<ExtractionRequest, "contentType" | "text">,
  limits: Limits
): Stream.Stream<ReadingReply, ExtractionFailure, Ocr> => {
  const budget = new TextBudget(text.maxBytes, text.bytesRead)
  const keep = (reply: ReadingReply): ReadonlyArray<ReadingReply> => {
    if (reply._tag !== "PageRead") return [reply]
    const { text, notice } = budget.take(cleanText(reply.page.text), reply.page.number)
    const kept: ReadingReply = { ...reply, page: { ...reply.page, text } }
    return notice === undefined ? [kept] : [kept, { _tag: "Noticed", notice }]
  }
  return readKind(bytes, contentType, limits).pipe(
    Stream.flatMap((reply) => Stream.fromIterable(keep(reply))),
    Stream.takeUntil(isEnd)
  )
}
