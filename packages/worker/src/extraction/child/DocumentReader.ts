import type { ContentType } from "@kite/domain/documents/Document"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import type { ExtractionRequest, ReadingReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import { readImage } from "./Image.ts"
import type { Ocr } from "./Ocr.ts"
import { type OfficeType, officePages } from "./office/OfficeDocument.ts"
import { readPdf } from "./Pdf.ts"
import { cleanText } from "./pages/CleanText.ts"
import { TextBudget } from "./TextBudget.ts"
import { type TextType, textPages } from "./text/TextDocument.ts"

type Reading = Stream.Stream<ReadingReply, ExtractionFailure, Ocr>

const damaged = (cause: unknown) =>
  cause instanceof ExtractionFailure
    ? cause
    : new ExtractionFailure({ code: "corrupt", message: "The document is damaged and cannot be read." })

const pageReplies = (pages: ReadonlyArray<string>) =>
  Stream.fromIterable(pages).pipe(
    Stream.map((text, index): ReadingReply => ({ _tag: "PageRead", page: { number: index + 1, text, source: "text" } }))
  )

const readOffice = (bytes: Uint8Array, type: OfficeType, limits: Limits): Reading =>
  Effect.tryPromise({ try: () => officePages(bytes, type, limits), catch: damaged }).pipe(
    Effect.map((pages) => pageReplies(pages.map((text) => text.trim()))),
    Stream.unwrap
  )

const readText = (bytes: Uint8Array, type: TextType): Reading =>
  Effect.tryPromise({ try: () => textPages(bytes, type), catch: damaged }).pipe(
    Effect.map(({ pages, encoding }) => {
      const assumed: ReadonlyArray<ReadingReply> = encoding ? [{ _tag: "EncodingAssumed", encoding }] : []
      return Stream.concat(Stream.fromIterable(assumed), pageReplies(pages))
    }),
    Stream.unwrap
  )

const readKind = (bytes: Uint8Array, contentType: ContentType, limits: Limits): Reading => {
  switch (contentType) {
    case "application/pdf":
      return readPdf(bytes, limits)
    case "image/png":
    case "image/jpeg":
    case "image/tiff":
    case "image/webp":
    case "image/gif":
    case "image/avif":
      return readImage(bytes, contentType, limits)
    case "text/plain":
    case "text/html":
    case "message/rfc822":
    case "application/rtf":
      return readText(bytes, contentType)
    default:
      return readOffice(bytes, contentType, limits)
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
