import sharp, { type Sharp } from "sharp"

/** A picture in shades of gray: a byte for each pixel, row by row, 0 is black. */
export interface GrayPicture {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/** Between the darkest and the lightest pixel of a picture that shows something. */
const leastContrast = 16
/** Text is a small part of a page: a page whose mean is darker has light text. */
const darkGround = 100
const skewSide = 1000
const maxSkew = 15
const maxInkPixels = 100_000
/** How much clearer the lines of text must be for a page to count as skewed. */
const clearlyBetter = 1.2

const raw = ({ data, width, height }: GrayPicture) =>
  sharp(data, { raw: { width, height, channels: 1 }, limitInputPixels: false })

const render = async (image: Sharp): Promise<GrayPicture> => {
  const { data, info } = await image.toColourspace("b-w").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height }
}

export interface Tone {
  readonly darkest: number
  readonly lightest: number
  readonly mean: number
}

export const toneOf = ({ data }: GrayPicture): Tone => {
  let [darkest, lightest, sum] = [255, 0, 0]
  for (let at = 0; at < data.length; at++) {
    const value = data[at] ?? 0
    if (value < darkest) darkest = value
    if (value > lightest) lightest = value
    sum += value
  }
  return { darkest, lightest, mean: sum / data.length }
}

export const isBlank = ({ darkest, lightest }: Tone) => lightest - darkest < leastContrast
export const isDark = ({ mean }: Tone) => mean < darkGround

export const inverted = ({ data, width, height }: GrayPicture): GrayPicture => ({
  data: Uint8Array.from(data, (value) => 255 - value),
  width,
  height
})

export const scaled = (picture: GrayPicture, factor: number) =>
  render(raw(picture).resize({ width: Math.round(picture.width * factor), kernel: "cubic" }))

/** Clockwise, in degrees. */
export const turned = (picture: GrayPicture, angle: number) =>
  render(raw(picture).rotate(angle, { background: "#fff" }))

/** The part with the most ink, of at most this side: enough to see which way up a page is. */
export const inkiestPart = async (picture: GrayPicture, side: number): Promise<GrayPicture> => {
  const [width, height] = [Math.min(side, picture.width), Math.min(side, picture.height)]
  const cells = 8
  let best = { ink: -1, left: 0, top: 0 }
  for (let row = 0; row <= cells; row++) {
    for (let column = 0; column <= cells; column++) {
      const left = Math.floor(((picture.width - width) * column) / cells)
      const top = Math.floor(((picture.height - height) * row) / cells)
      let ink = 0
      for (let y = top; y < top + height; y += 4) {
        for (let x = left; x < left + width; x += 4) ink += (picture.data[y * picture.width + x] ?? 255) < 128 ? 1 : 0
      }
      if (ink > best.ink) best = { ink, left, top }
    }
  }
  return render(raw(picture).extract({ left: best.left, top: best.top, width, height }))
}

/** How clearly lines of text lie across when the page is turned by this angle: rows of ink and rows of none. */
const clarity = (ink: Int16Array, rows: Int32Array, angle: number) => {
  rows.fill(0)
  const slope = Math.tan((angle * Math.PI) / 180)
  const middle = rows.length / 4
  for (let at = 0; at < ink.length; at += 2) {
    const row = Math.round(middle + (ink[at + 1] ?? 0) - (ink[at] ?? 0) * slope)
    rows[row] = (rows[row] ?? 0) + 1
  }
  return rows.reduce((sum, count) => sum + count * count, 0)
}

/** By how many degrees, clockwise, a page lies askew; 0 where that is not clear. */
export const skewOf = async (picture: GrayPicture): Promise<number> => {
  const factor = Math.min(1, skewSide / Math.max(picture.width, picture.height))
  const { data, width } = await render(raw(picture).resize({ width: Math.max(1, Math.round(picture.width * factor)) }))
  const dark = data.reduce((count, value) => count + (value < 128 ? 1 : 0), 0)
  const step = Math.max(1, Math.ceil(dark / maxInkPixels))
  const ink = new Int16Array(2 * Math.floor(dark / step) + 2)
  let seen = 0
  for (const [at, value] of data.entries()) {
    if (value >= 128 || seen++ % step !== 0) continue
    ink.set([at % width, Math.floor(at / width)], 2 * Math.floor((seen - 1) / step))
  }
  // A page turned by the most reaches a quarter of its width above and below: there is room for that.
  const rows = new Int32Array(4 * skewSide)
  const clarityAt = (angle: number) => clarity(ink, rows, angle)
  const clearest = (angles: ReadonlyArray<number>) =>
    angles.map((angle) => ({ angle, clarity: clarityAt(angle) })).reduce((a, b) => (b.clarity > a.clarity ? b : a))
  const coarse = clearest(Array.from({ length: 2 * maxSkew + 1 }, (_, n) => n - maxSkew)).angle
  const fine = clearest([-0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75].map((offset) => coarse + offset))
  return fine.clarity > clarityAt(0) * clearlyBetter ? fine.angle : 0
}
