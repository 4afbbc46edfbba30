import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import type { ExtractionRequest, PageReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import { readDocx } from "./Docx.ts"
import { readImage } from "./Image.ts"
import type { Ocr } from "./Ocr.ts"
import { readPdf } from "./Pdf.ts"
import { readPlainText } from "./PlainText.ts"

type Pages = Stream.Stream<PageReply, ExtractionFailure, Ocr>

const readKind = ({ path, contentType }: ExtractionRequest, limits: Limits): Pages => {
  switch (contentType) {
    case "application/pdf":
      return readPdf(path, limits)
    case "image/png":
    case "image/jpeg":
    case "image/tiff":
    case "image/webp":
      return readImage(path, limits)
    case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
      return readDocx(path, limits)
    case "text/plain":
      return readPlainText(path)
  }
}

const tooMuchText = () =>
  new ExtractionFailure({ code: "too-large", message: "The document holds more text than is allowed." })

/** The pages of a document of any kind, in order; fails when they hold more text than the limits allow. */
export const readDocument = (request: ExtractionRequest, limits: Limits): Pages =>
  readKind(request, limits).pipe(
    Stream.mapAccumEffect(
      () => 0,
      (characters, reply) => {
        const total = characters + (reply._tag === "PageRead" ? reply.page.text.length : 0)
        return total > limits.maxCharacters ? tooMuchText() : Effect.succeed([total, [reply]] as const)
      }
    )
  )
