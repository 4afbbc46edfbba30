import type { ContentType } from "@kite/domain/documents/Document"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import type { PageReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import { readDocx } from "./Docx.ts"
import { readImage } from "./Image.ts"
import type { Ocr } from "./Ocr.ts"
import { readPdf } from "./Pdf.ts"
import { readPlainText } from "./PlainText.ts"

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

const tooMuchText = () =>
  new ExtractionFailure({ code: "too-large", message: "The document holds more text than is allowed." })

/** The pages of a document of any kind, in order; fails when they hold more text than the limits allow. */
export const readDocument = (bytes: Uint8Array, contentType: ContentType, limits: Limits): Pages =>
  readKind(bytes, contentType, limits).pipe(
    Stream.mapAccumEffect(
      () => 0,
      (characters, reply) => {
        const total = characters + (reply._tag === "PageRead" ? reply.page.text.length : 0)
        return total > limits.maxCharacters ? tooMuchText() : Effect.succeed([total, [reply]] as const)
      }
    )
  )
