import { assert, describe, it } from "@effect/vitest"
import type { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { eventually } from "@kite/testkit/Eventually"
import { docxWithBody } from "@kite/testkit/files/DocxFile"
import { densePicture, pictureOf } from "@kite/testkit/files/ImageFile"
import { addScannedPage, addTextPage, pdfOf } from "@kite/testkit/files/PdfFile"
import { cpuTicks, isRunning } from "@kite/testkit/processes/Processes"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Cause, Effect, Exit, Fiber, Option } from "effect"
import { docx, extractBytes, temporaryFile } from "../fixtures/ExtractBytes.ts"
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

  it.live(
    "a child that another process kills: a defect, so that the job is retried, and the next document is read",
    () =>
      Effect.gen(function* () {
        const { pid, fiber } = yield* readInTheMiddle
        process.kill(pid, "SIGKILL")
        const exit = yield* Fiber.join(fiber)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
      }).pipe(withLimits(), Effect.scoped)
  )

  it.live("a child that dies before it reads the document: the next child reads it", () =>
    Effect.gen(function* () {
      const { pid, fiber } = yield* readStopped
      process.kill(pid, "SIGKILL")
      const exit = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isSuccess(exit) && exit.value.pages[0]?.text === "stopped")
    }).pipe(withLimits(), Effect.scoped)
  )

  it.live("a child that dies while idle: the next document is read", () =>
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
      const file = yield* Effect.promise(() => docxWithBody("<w:p/>".repeat(400_000)))
      assert.strictEqual((yield* Effect.flip(extractBytes(file, docx))).code, "out-of-memory")
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(withLimits({ maxHeapBytes: 100 * 1024 * 1024, maxResidentBytes: 4 * 1024 * 1024 * 1024 }))
  )

  it.live("a document that takes too long as a whole: timed-out", () =>
    Effect.gen(function* () {
      const image = yield* Effect.promise(() => densePicture().encode("jpeg", 80))
      const failure = yield* Effect.flip(extractBytes(image, "image/jpeg"))
      assert.strictEqual(failure.code, "timed-out")
    }).pipe(withLimits({ jobMillis: 500 }))
  )
})
