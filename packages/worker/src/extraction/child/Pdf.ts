import { fileURLToPath } from "node:url"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
// Loaded here, pdf.js finds its worker code on this thread and does not import it during the first document.
import "pdfjs-dist/legacy/build/pdf.worker.mjs"
import { getDocument, type PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs"
import type { PageReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import type { Ocr } from "./Ocr.ts"
import { pageReply } from "./PageReply.ts"
import { readPdfPage } from "./PdfPage.ts"

/** Absolute, with the trailing slash that pdf.js wants. Without the maps CJK text is silently empty. */
const dataFolder = (name: string) =>
  fileURLToPath(new URL(`./${name}/`, import.meta.resolve("pdfjs-dist/package.json")))

const openFailure = (cause: unknown) =>
  cause instanceof Error && cause.name === "PasswordException"
    ? new ExtractionFailure({ code: "encrypted", message: "The PDF is protected by a password." })
    : new ExtractionFailure({ code: "corrupt", message: "The PDF is damaged and cannot be opened." })

const open = Effect.fnUntraced(function* (file: Uint8Array, limits: Limits) {
  const task = getDocument({
    data: new Uint8Array(file.buffer, file.byteOffset, file.byteLength),
    cMapUrl: dataFolder("cmaps"),
    cMapPacked: true,
    standardFontDataUrl: dataFolder("standard_fonts"),
    wasmUrl: dataFolder("wasm"),
    iccUrl: dataFolder("iccs"),
    maxImageSize: limits.maxPixels,
    useSystemFonts: false,
    enableXfa: false,
    verbosity: 0
  })
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.tryPromise(() => task.destroy())))
  return yield* Effect.tryPromise({ try: () => task.promise, catch: openFailure })
})

const readPages = (document: PDFDocumentProxy, limits: Limits) =>
  Stream.range(1, document.numPages).pipe(
    Stream.mapEffect((number) => pageReply(number, readPdfPage(document, number, limits)))
  )

/** The pages of a PDF: their text layer, or by OCR where they have none. */
export const readPdf = (file: Uint8Array, limits: Limits): Stream.Stream<PageReply, ExtractionFailure, Ocr> =>
  open(file, limits).pipe(
    Effect.filterOrFail(
      (document) => document.numPages <= limits.maxPages,
      (document) =>
        new ExtractionFailure({
          code: "too-large",
          message: `The PDF has ${document.numPages} pages; up to ${limits.maxPages} are read.`
        })
    ),
    Effect.map((document) => readPages(document, limits)),
    Stream.unwrap
  )
