import { createReadStream, createWriteStream } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { fileURLToPath } from "node:url"
import { createGunzip } from "node:zlib"
import { pictureOf } from "@kite/testkit/files/ImageFile"
import { addTextPage, pdfOf } from "@kite/testkit/files/PdfFile"

const words =
  "the quick brown fox jumps over a lazy dog while seventeen careful engineers measure documents and invoices before " +
  "breakfast in the quiet library near the old harbour"
const vocabulary = words.split(" ")

/** Different lines of about that many characters. */
const lines = (count: number, length: number) =>
  Array.from({ length: count }, (_, row) => {
    let line = ""
    for (let word = row; line.length < length; word++) line += `${vocabulary[(word * 7 + row) % vocabulary.length]} `
    return line
  })

/** A PDF of 100 pages with 55 lines of text each. */
export const writePdf = async (folder: string) => {
  const path = join(folder, "text.pdf")
  const pages = Array.from(
    { length: 100 },
    () => (pdf: Parameters<typeof addTextPage>[0]) => addTextPage(pdf, lines(55, 100))
  )
  await writeFile(path, await pdfOf(...pages))
  return path
}

/** An A4 page of 2480 x 3465 pixels (300 dpi) with 54 lines in 10 points. */
export const writePage = async (folder: string) => {
  const path = join(folder, "page.png")
  await writeFile(path, await pictureOf(lines(54, 95), 42, 2480).encode("png"))
  return path
}

/** kite's OCR model, unpacked for the native program. */
export const writeModel = async (folder: string) => {
  const packed = fileURLToPath(import.meta.resolve("@tesseract.js-data/eng/4.0.0_best_int/eng.traineddata.gz"))
  await pipeline(createReadStream(packed), createGunzip(), createWriteStream(join(folder, "eng.traineddata")))
}
