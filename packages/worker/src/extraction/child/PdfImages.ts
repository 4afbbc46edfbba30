import { OPS, type PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs"

/** An image as pdf.js hands it to the canvas. */
interface PdfImage {
  width: number
  height: number
  kind: number
  data: Uint8Array | Uint8ClampedArray
  dataLen?: number
}

/** pdf.js' ImageKind. */
const [oneBit, rgb, rgba] = [1, 2, 3] as const

/** Larger ones are drawn from a reduced copy: pdf.js first makes a canvas of four bytes a pixel of the whole. */
const maxDrawnPixels = 25_000_000

const isImage = (data: unknown): data is PdfImage =>
  typeof data === "object" &&
  data !== null &&
  "data" in data &&
  ArrayBuffer.isView(data.data) &&
  "kind" in data &&
  (data.kind === oneBit || data.kind === rgb || data.kind === rgba)

/** Means of squares of so many pixels a side, as RGB. */
const reduced = (image: PdfImage, factor: number): PdfImage => {
  const width = Math.floor(image.width / factor)
  const height = Math.floor(image.height / factor)
  const { data, kind } = image
  const bytesPerRow = Math.ceil(image.width / 8)
  const channels = kind === rgba ? 4 : 3
  const out = new Uint8Array(width * height * 3)
  const sums = new Uint32Array(width * 3)
  for (let row = 0; row < height; row++) {
    sums.fill(0)
    for (let y = row * factor; y < (row + 1) * factor; y++) {
      for (let x = 0; x < width * factor; x++) {
        const to = Math.floor(x / factor) * 3
        if (kind === oneBit) {
          const bit = ((data[y * bytesPerRow + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1
          sums[to] = (sums[to] ?? 0) + bit * 255
        } else {
          const from = (y * image.width + x) * channels
          for (let channel = 0; channel < 3; channel++)
            sums[to + channel] = (sums[to + channel] ?? 0) + (data[from + channel] ?? 0)
        }
      }
    }
    for (let x = 0; x < width * 3; x++) {
      const sum = sums[kind === oneBit ? x - (x % 3) : x] ?? 0
      out[row * width * 3 + x] = sum / (factor * factor)
    }
  }
  return { ...image, width, height, kind: rgb, data: out, dataLen: out.length }
}

interface Resolver {
  resolve(id: string, data: unknown): void
}

const patched = new WeakSet<Resolver>()

const reduceIn = (objects: Resolver) => {
  if (patched.has(objects)) return
  patched.add(objects)
  const resolve = objects.resolve.bind(objects)
  objects.resolve = (id, data) => {
    const pixels = isImage(data) ? data.width * data.height : 0
    const factor = Math.ceil(Math.sqrt(pixels / maxDrawnPixels))
    resolve(id, isImage(data) && factor > 1 ? reduced(data, factor) : data)
  }
}

/** Has large images of the page reduced as soon as they are decoded. */
export const reduceLargeImages = (page: PDFPageProxy): void => {
  reduceIn(page.objs as Resolver)
  reduceIn(page.commonObjs as Resolver)
}

type Matrix = readonly [number, number, number, number]

const multiply = ([a, b, c, d]: Matrix, [e, f, g, h]: Matrix): Matrix => [
  a * e + c * f,
  b * e + d * f,
  a * g + c * h,
  b * g + d * h
]

const paints = new Set([OPS.paintImageXObject, OPS.paintImageMaskXObject, OPS.paintInlineImageXObject])

/** The part of the page that its images cover, 0 to 1, as far as it shows in how they are placed. */
export const imageCoverage = async (page: PDFPageProxy): Promise<number> => {
  const { fnArray, argsArray } = await page.getOperatorList()
  const stack: Array<Matrix> = []
  let matrix: Matrix = [1, 0, 0, 1]
  let area = 0
  for (const [index, operator] of fnArray.entries()) {
    const args = argsArray[index]
    if (operator === OPS.save || operator === OPS.paintFormXObjectBegin) stack.push(matrix)
    if (operator === OPS.restore || operator === OPS.paintFormXObjectEnd) matrix = stack.pop() ?? matrix
    const change = operator === OPS.transform ? args : operator === OPS.paintFormXObjectBegin ? args?.[0] : undefined
    if (change) matrix = multiply(matrix, [change[0], change[1], change[2], change[3]])
    if (paints.has(operator)) area += Math.abs(matrix[0] * matrix[3] - matrix[1] * matrix[2])
  }
  const [left = 0, bottom = 0, right = 0, top = 0] = page.view
  return Math.min(1, area / Math.max(1, (right - left) * (top - bottom)))
}
