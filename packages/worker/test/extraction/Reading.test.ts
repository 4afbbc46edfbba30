import { assert, describe, it } from "@effect/vitest"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { defaultLimits } from "@kite/worker/extraction/ExtractionLimits"
import { Reading } from "@kite/worker/extraction/Reading"

const readingOf = (size: number, page: number) => {
  const reading = new Reading()
  reading.size = size
  reading.begin(page)
  return reading
}

const budget = (size: number, page: number) => readingOf(size, page).budgetMillis(defaultLimits)
const mebibyte = 1024 * 1024

describe("A document's CPU time", () => {
  it("is a minute at first, 6 s more for each page that is begun and 4 s for each MiB", () => {
    assert.strictEqual(budget(0, 0), 60_000)
    assert.strictEqual(budget(0, 1), 66_000)
    assert.strictEqual(budget(0, 10), 120_000)
    assert.strictEqual(budget(5 * mebibyte, 10), 140_000)
  })

  it("is never more than 15 minutes, whatever the document", () => {
    assert.strictEqual(budget(25 * mebibyte, 500), 900_000)
  })
})

describe("The text that is kept of a document", () => {
  const kept = (size: number) => readingOf(size, 1).textBytes(defaultLimits)

  it("is 50 bytes for each byte of the file, between 64 KiB and 8 MiB", () => {
    assert.strictEqual(kept(0), 65_536)
    assert.strictEqual(kept(5), 65_536)
    assert.strictEqual(kept(1_310), 65_536)
    assert.strictEqual(kept(1_311), 65_550)
    assert.strictEqual(kept(79_000), 3_950_000)
    assert.strictEqual(kept(25 * mebibyte), 8 * mebibyte)
  })

  it("is counted in UTF-8", () => {
    const reading = new Reading()
    reading.pages.push({ number: 1, text: "é", source: "text" }, { number: 2, text: "😀a", source: "text" })
    assert.strictEqual(reading.textBytesRead, 7)
  })
})

describe("A reading that is cut off", () => {
  it("keeps the pages before, and says how many", () => {
    const reading = new Reading()
    reading.pages.push({ number: 1, text: "first", source: "text" }, { number: 2, text: "", source: "ocr" })
    const result = reading.cutOff()
    assert.isFalse(result instanceof ExtractionFailure)
    if (result instanceof ExtractionFailure) return
    assert.lengthOf(result.pages, 2)
    assert.match(result.cutOffBy?.message ?? "", /its first 2 pages/)
  })

  it("has nothing to keep without a word of text", () => {
    const reading = new Reading()
    reading.pages.push({ number: 1, text: "", source: "ocr" })
    assert.instanceOf(reading.cutOff(), ExtractionFailure)
  })
})

describe("A reading that is finished", () => {
  const failure = (message: string) => new ExtractionFailure({ code: "corrupt", message })

  it("fails for its first page's reason where no page has text", () => {
    const reading = readingOf(0, 2)
    reading.leaveOut(1, failure("the first"))
    reading.leaveOut(2, failure("the second"))
    assert.deepStrictEqual(reading.finished(), failure("the first"))
  })

  it("keeps the pages that have text beside those that were left out", () => {
    const reading = readingOf(0, 2)
    reading.leaveOut(1, failure("the first"))
    reading.pages.push({ number: 2, text: "some text", source: "text" })
    assert.notInstanceOf(reading.finished(), ExtractionFailure)
  })
})
