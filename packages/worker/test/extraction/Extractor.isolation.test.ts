import { assert, describe, it } from "@effect/vitest"
import type { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { eventually } from "@kite/testkit/Eventually"
import { densePicture, pictureOf } from "@kite/testkit/files/ImageFile"
import { excelOf } from "@kite/testkit/files/OfficeFile"
import { addScannedPage, addTextPage, pdfOf } from "@kite/testkit/files/PdfFile"
import { cpuTicks, isRunning } from "@kite/testkit/processes/Processes"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Cause, Effect, Exit, Fiber, Option } from "effect"
import { extractBytes, temporaryFile, xlsx } from "../fixtures/ExtractBytes.ts"
import { readHello, theChild, withLimits } from "../fixtures/LimitedExtractor.ts"

/** Sends a document to a stopped child, which cannot read it. */
const readStopped = Effect.gen(function* () {
  yield* readHello
  const pid = yield* theChild
  const extractor = yield* Extractor
  const path = yield* temporaryFile(Buffer.from("stopped"))
  process.kill(pid, "SIGSTOP")
  const fiber = yield* Effect.forkChild(Effect.exit(extractor.extract({ path, contentType: "text/plain" })), {
    startImmediately: true
  })
  return { pid, fiber }
})

/** Starts a long extraction and waits until the child works on it. */
const readInTheMiddle = Effect.gen(function* () {
  yield* readHello
  const pid = yield* theChild
  const image = yield* Effect.promise(() => densePicture().encode("jpeg", 80))
  const before = cpuTicks(pid)
  const fiber = yield* Effect.forkChild(Effect.exit(extractBytes(image, "image/jpeg")), { startImmediately: true })
  yield* eventually(
    Effect.sync(() => cpuTicks(pid)),
    (ticks) => ticks > before + 50
  )
  return { pid, fiber }
})

const failureCode = (exit: Exit.Exit<unknown, ExtractionFailure>) =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause))?.code : undefined

describe("Extractor isolates", () => {
  it.live("a child that hangs: it is killed, the document fails with timed-out, and the next one is read", () =>
    Effect.gen(function* () {
      const { pid, fiber } = yield* readStopped
      const exit = yield* Fiber.join(fiber)
      assert.strictEqual(failureCode(exit), "timed-out")
      assert.isFalse(isRunning(pid))
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(withLimits({ silenceMillis: 2_000 }), Effect.scoped)
  )

  it.live("a child killed from outside: a defect, so that the job is retried, and the next document is read", () =>
    Effect.gen(function* () {
      const { pid, fiber } = yield* readInTheMiddle
      process.kill(pid, "SIGKILL")
      const exit = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(withLimits(), Effect.scoped)
  )

  it.live("a child that ends before it accepts the document: the next child reads it", () =>
    Effect.gen(function* () {
      const { pid, fiber } = yield* readStopped
      process.kill(pid, "SIGKILL")
      const exit = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isSuccess(exit) && exit.value.pages[0]?.text === "stopped")
    }).pipe(withLimits(), Effect.scoped)
  )

  it.live("a child that ended while idle: it is replaced", () =>
    Effect.gen(function* () {
      yield* readHello
      const pid = yield* theChild
      process.kill(pid, "SIGKILL")
      yield* eventually(
        Effect.sync(() => isRunning(pid)),
        (running) => !running
      )
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(withLimits())
  )

  it.live("an interrupted job: its child is killed", () =>
    Effect.gen(function* () {
      const { pid, fiber } = yield* readStopped
      yield* Fiber.interrupt(fiber)
      assert.isFalse(isRunning(pid))
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(withLimits(), Effect.scoped)
  )

  it.live("a page that takes too long: the other pages are read, by OCR too", () =>
    Effect.gen(function* () {
      const [dense, small] = yield* Effect.promise(() =>
        Promise.all([densePicture().encode("jpeg", 80), pictureOf(["Seventeen invoices"]).encode("jpeg", 85)])
      )
      const file = yield* Effect.promise(() =>
        pdfOf(
          (pdf) => addScannedPage(pdf, dense),
          (pdf) => addTextPage(pdf, ["typed text"]),
          (pdf) => addScannedPage(pdf, small)
        )
      )
      const { pages } = yield* extractBytes(file, "application/pdf")
      assert.deepStrictEqual(
        pages.map((page) => page.text.toLowerCase()),
        ["", "typed text", "seventeen invoices"]
      )
    }).pipe(withLimits({ pageMillis: 8_000 }))
  )

  it.live("a child that runs out of JavaScript heap: out-of-memory", () =>
    Effect.gen(function* () {
      const strings = Array.from({ length: 2_000_000 }, (_, n) => `${n} of many`)
      const file = excelOf({ Sheet: [] }, strings)
      assert.strictEqual((yield* Effect.flip(extractBytes(file, xlsx))).code, "out-of-memory")
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(withLimits({ maxHeapBytes: 60 * 1024 * 1024, maxResidentBytes: 4 * 1024 * 1024 * 1024 }))
  )

  it.live("a document that uses up its CPU time: timed-out, and the pages before are kept", () =>
    Effect.gen(function* () {
      const dense = yield* Effect.promise(() => densePicture().encode("jpeg", 80))
      const file = yield* Effect.promise(() =>
        pdfOf(
          (pdf) => addTextPage(pdf, ["typed text"]),
          (pdf) => addScannedPage(pdf, dense),
          (pdf) => addTextPage(pdf, ["never read"])
        )
      )
      const { pages, cutOffBy } = yield* extractBytes(file, "application/pdf")
      assert.strictEqual(cutOffBy?.code, "timed-out")
      assert.deepStrictEqual(
        pages.map((page) => page.text),
        ["typed text"]
      )
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(withLimits({ cpuBaseMillis: 500, cpuPageMillis: 500, cpuMebibyteMillis: 0 }))
  )

  it.live("children that are replaced page after page: their CPU time counts together", () =>
    Effect.gen(function* () {
      const dense = yield* Effect.promise(() => densePicture().encode("jpeg", 80))
      const scan = (pdf: Parameters<typeof addScannedPage>[0]) => addScannedPage(pdf, dense)
      const end = (pdf: Parameters<typeof addScannedPage>[0]) => addTextPage(pdf, ["never read"])
      const file = yield* Effect.promise(() => pdfOf(scan, scan, scan, scan, scan, scan, scan, scan, end))
      const failure = yield* Effect.flip(extractBytes(file, "application/pdf"))
      assert.strictEqual(failure.code, "timed-out")
    }).pipe(withLimits({ pageMillis: 1_000, cpuBaseMillis: 900, cpuPageMillis: 0, cpuMebibyteMillis: 0 }))
  )

  it.live("an image of more pixels than OCR may have: it is made smaller, and read", () =>
    Effect.gen(function* () {
      const image = yield* Effect.promise(() => pictureOf(["Seventeen invoices"], 120, 1600).encode("png"))
      const { pages } = yield* extractBytes(image, "image/png")
      assert.strictEqual(pages[0]?.text.toLowerCase(), "seventeen invoices")
      const { pages: none } = yield* extractBytes(image, "image/png").pipe(withLimits({ maxOcrPixels: 400 }))
      assert.notStrictEqual(none[0]?.text.toLowerCase(), "seventeen invoices")
    }).pipe(withLimits({ maxOcrPixels: 100_000 }))
  )

  it.live("a document that takes too long as a whole: timed-out", () =>
    Effect.gen(function* () {
      const image = yield* Effect.promise(() => densePicture().encode("jpeg", 80))
      const failure = yield* Effect.flip(extractBytes(image, "image/jpeg"))
      assert.strictEqual(failure.code, "timed-out")
    }).pipe(withLimits({ jobMillis: 500 }))
  )
})
