import { fileURLToPath } from "node:url"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
// Loaded here, pdf.js finds its worker code on this thread and does not import it during the first document.
import "pdfjs-dist/legacy/build/pdf.worker.mjs"
import { getDocument, type PDFDocumentProxy, VerbosityLevel } from "pdfjs-dist/legacy/build/pdf.mjs"
import type { ReadingReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import type { Ocr } from "./Ocr.ts"
import { pageReply, pagesLeftOut } from "./PageReply.ts"
import { readPdfPage } from "./PdfPage.ts"

/** Absolute, with the trailing slash that pdf.js wants. Without the maps CJK text is silently empty. */
const dataFolder = (name: string) =>
  fileURLToPath(new URL(`./${name}/`, import.meta.resolve("pdfjs-dist/package.json")))

const openFailure = (cause: unknown) =>
  cause instanceof Error && cause.name === "PasswordException"
    ? new ExtractionFailure({ code: "encrypted", message: "The PDF is protected by a password." })
    : new ExtractionFailure({ code: "corrupt", message: "The PDF is damaged and cannot be opened." })

const open = Effect.fnUntraced(function* (bytes: Uint8Array, limits: Limits) {
  const task = getDocument({
    data: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    cMapUrl: dataFolder("cmaps"),
    cMapPacked: true,
    standardFontDataUrl: dataFolder("standard_fonts"),
    wasmUrl: dataFolder("wasm"),
    iccUrl: dataFolder("iccs"),
    maxImageSize: limits.maxPixels,
    useSystemFonts: false,
    enableXfa: true,
    verbosity: VerbosityLevel.WARNINGS
  })
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.tryPromise(() => task.destroy())))
  return yield* Effect.tryPromise({ try: () => task.promise, catch: openFailure })
})

const readPages = (document: PDFDocumentProxy, limits: Limits) =>
  Stream.range(1, Math.min(document.numPages, limits.maxPages)).pipe(
    Stream.mapEffect(
      (number): Effect.Effect<ReadingReply, never, Ocr> => pageReply(number, readPdfPage(document, number, limits))
    ),
    Stream.concat(pagesLeftOut(document.numPages, limits))
  )

/** The pages of a PDF: their text, and by OCR what is in pictures. */
export const readPdf = (bytes: Uint8Array, limits: Limits): Stream.Stream<ReadingReply, ExtractionFailure, Ocr> =>
  open(bytes, limits).pipe(
    Effect.map((document) => readPages(document, limits)),
    Stream.unwrap
  )
