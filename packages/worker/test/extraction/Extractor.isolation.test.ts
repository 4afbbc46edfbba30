import { assert, describe, it } from "@effect/vitest"
import type { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { densePicture, pictureOf } from "@kite/testkit/files/ImageFile"
import { excelOf } from "@kite/testkit/files/OfficeFile"
import { addScannedPage, addTextPage, pdfOf } from "@kite/testkit/files/PdfFile"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Cause, Effect, Exit, Fiber, Option } from "effect"
import { cpuTicks, eventually, isGone } from "../fixtures/ChildProcesses.ts"
import { extractBytes, temporaryFile, xlsx } from "../fixtures/ExtractBytes.ts"
import { readHello, theChild, withLimits } from "../fixtures/LimitedExtractor.ts"

/** Hands a document to a child that is stopped, so that it cannot take it. */
const readHeldUp = Effect.gen(function* () {
  yield* readHello
  const pid = yield* theChild
  const extractor = yield* Extractor
  const path = yield* temporaryFile(Buffer.from("held up"))
  process.kill(pid, "SIGSTOP")
  const fiber = yield* Effect.forkChild(Effect.exit(extractor.extract({ path, contentType: "text/plain" })), {
    startImmediately: true
  })
  return { pid, fiber }
})

/** Begins a long document and waits until the child works on it: what happens to it next happens in the middle of a job. */
const readInTheMiddle = Effect.gen(function* () {
  yield* readHello
  const pid = yield* theChild
  const image = yield* Effect.promise(() => densePicture().encode("jpeg", 80))
  const before = cpuTicks(pid)
  const fiber = yield* Effect.forkChild(Effect.exit(extractBytes(image, "image/jpeg")), { startImmediately: true })
  yield* eventually(() => cpuTicks(pid) > before + 50)
  return { pid, fiber }
})

const failureCode = (exit: Exit.Exit<unknown, ExtractionFailure>) =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause))?.code : undefined

describe("Extractor isolates", () => {
  it.live("a child that hangs: it is killed, the document timed-out, the next one read", () =>
    Effect.gen(function* () {
      const { pid, fiber } = yield* readHeldUp
      const exit = yield* Fiber.join(fiber)
      assert.strictEqual(failureCode(exit), "timed-out")
      assert.isTrue(isGone(pid))
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(withLimits({ silenceMillis: 2_000 }), Effect.scoped)
  )

  it.live(
    "a child killed by somebody else: a defect, so that the job is tried again, and the next document is read",
    () =>
      Effect.gen(function* () {
        const { pid, fiber } = yield* readInTheMiddle
        process.kill(pid, "SIGKILL")
        const exit = yield* Fiber.join(fiber)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
      }).pipe(withLimits(), Effect.scoped)
  )

  it.live("a child that dies before it has taken the document: the next child reads it", () =>
    Effect.gen(function* () {
      const { pid, fiber } = yield* readHeldUp
      process.kill(pid, "SIGKILL")
      const exit = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isSuccess(exit) && exit.value.pages[0]?.text === "held up")
    }).pipe(withLimits(), Effect.scoped)
  )

  it.live("a child that died while idle: nobody notices", () =>
    Effect.gen(function* () {
      yield* readHello
      const pid = yield* theChild
      process.kill(pid, "SIGKILL")
      yield* eventually(() => isGone(pid))
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(withLimits())
  )

  it.live("an interrupted job: its child ends with it", () =>
    Effect.gen(function* () {
      const { pid, fiber } = yield* readHeldUp
      yield* Fiber.interrupt(fiber)
      assert.isTrue(isGone(pid))
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

  it.live("a document that takes too long as a whole: timed-out", () =>
    Effect.gen(function* () {
      const image = yield* Effect.promise(() => densePicture().encode("jpeg", 80))
      const failure = yield* Effect.flip(extractBytes(image, "image/jpeg"))
      assert.strictEqual(failure.code, "timed-out")
    }).pipe(withLimits({ jobMillis: 500 }))
  )
})
