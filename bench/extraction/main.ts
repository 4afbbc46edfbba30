import { NodeRuntime } from "@effect/platform-node"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Effect } from "effect"
import { compare } from "./Comparison.ts"
import { requireTool, run } from "./NativeTool.ts"
import { writeModel, writePage, writePdf } from "./Samples.ts"

/** The cost of isolation, pool and WebAssembly: compares extraction with the native programs, on this machine, in one run. */
const program = Effect.gen(function* () {
  yield* requireTool("pdftotext", "-v", "poppler-utils")
  yield* requireTool("tesseract", "--version", "tesseract-ocr")
  const folder = yield* temporaryDirectory
  const pdf = yield* Effect.promise(() => writePdf(folder))
  const page = yield* Effect.promise(() => writePage(folder))
  yield* Effect.promise(() => writeModel(folder))
  const { extract } = yield* Extractor

  const tesseract = run("tesseract", [page, "stdout", "--tessdata-dir", folder, "-l", "eng"])
  const ocr = extract({ path: page, contentType: "image/png" })
  const twice = { concurrency: 2, discard: true } as const

  yield* compare({
    name: "text of a PDF of 100 pages, against pdftotext",
    rounds: 9,
    goal: 5,
    kite: extract({ path: pdf, contentType: "application/pdf" }),
    native: run("pdftotext", [pdf, "-"])
  })
  yield* compare({
    name: "OCR of an A4 page, 300 dpi, against tesseract",
    rounds: 5,
    goal: 1.4,
    kite: ocr,
    native: tesseract
  })
  yield* compare({
    name: "OCR of two such pages at once, against two processes",
    rounds: 5,
    goal: 1.4,
    kite: Effect.replicateEffect(ocr, 2, twice),
    native: Effect.replicateEffect(tesseract, 2, twice)
  })
})

NodeRuntime.runMain(
  program.pipe(Effect.scoped, Effect.provide(Extractor.layer({ concurrency: 2, languages: ["eng"] })))
)
