import type { PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs"

/** A run of glyphs as pdf.js gives it; the text is in reading order, the transform maps its origin to the page. */
interface Run {
  readonly text: string
  readonly x: number
  readonly y: number
  /** Along its direction, in units of the page. */
  readonly width: number
  readonly height: number
  /** Direction of the baseline. */
  readonly cos: number
  readonly sin: number
  readonly isRightToLeft: boolean
}

type TextItem = Extract<Awaited<ReturnType<PDFPageProxy["getTextContent"]>>["items"][number], { readonly str: string }>

/** In heights of the text: on the same line, touching, printed over, and so far back that a new run begins. */
const sameLine = 0.5
const touching = 0.15
const samePlace = 0.1
const overlap = 0.4
/** Numbers remembered of each text. A single glyph stands at thousands of places, and is printed over at the next. */
const maxPlaces = 200

const toRun = ({ str, transform, width, height, dir }: TextItem): Run => {
  const [a = 1, b = 0, c = 0, d = 1, x = 0, y = 0] = transform
  const length = Math.hypot(a, b) || 1
  return {
    text: str,
    x,
    y,
    width,
    height: height || Math.hypot(c, d) || length,
    cos: a / length,
    sin: b / length,
    isRightToLeft: dir === "rtl"
  }
}

/** Where a point lies as seen from the start of a run: along its baseline and above it. */
const seenFrom = (run: Run, { x, y }: Run) => {
  const [dx, dy] = [x - run.x, y - run.y]
  return { along: dx * run.cos + dy * run.sin, above: dy * run.cos - dx * run.sin }
}

const isParallel = (a: Run, b: Run) => a.cos * b.cos + a.sin * b.sin > 0.99

/** Puts the runs of pdf.js together to lines by where they stand on the page. */
export class PdfPageText {
  readonly #lines: Array<string> = []
  /** Where each text stands on the page: x, y, x, y and so on. */
  readonly #printed = new Map<string, Array<number>>()
  #line: Array<Run | " "> = []
  #last: Run | undefined
  #isLineEnded = false

  add(item: TextItem, isVertical: boolean): void {
    if (item.str.trim() !== "") this.#addRun(toRun(item), isVertical)
    else if (item.str !== "" && this.#line.length > 0) this.#line.push(" ")
    if (item.hasEOL) this.#isLineEnded = true
  }

  finish(): string {
    this.#endLine()
    return this.#lines.join("\n")
  }

  #addRun(item: Run, isVertical: boolean): void {
    if (this.#isOverprint(item)) return
    const last = this.#last
    const run = last === undefined ? item : withoutRepeated(last, item)
    if (run === undefined) return
    if (last !== undefined && (isVertical ? this.#isLineEnded : this.#startsLine(last, run))) this.#endLine()
    this.#isLineEnded = false
    this.#line.push(run)
    this.#last = run
  }

  /** A line that pdf.js ends goes on all the same where the next run touches the last one. */
  #startsLine(last: Run, run: Run): boolean {
    const { along, above } = seenFrom(last, run)
    const size = Math.max(last.height, run.height)
    if (!isParallel(last, run) || Math.abs(above) > size * sameLine) return true
    if (!this.#isLineEnded) return false
    const gap = along - last.width
    return Math.abs(gap) > size * touching || Math.abs(above) > size * samePlace
  }

  /** Bold faked by printing twice, shadows, and text laid over itself: the same glyphs at the same place. */
  #isOverprint({ text, x, y, height }: Run): boolean {
    const places = this.#printed.get(text)
    if (places === undefined) {
      this.#printed.set(text, [x, y])
      return false
    }
    const near = height * samePlace
    for (let at = 0; at < places.length; at += 2) {
      if (Math.abs((places[at] ?? 0) - x) < near && Math.abs((places[at + 1] ?? 0) - y) < near) return true
    }
    places.push(x, y)
    if (places.length > maxPlaces) places.splice(0, 2)
    return false
  }

  #endLine(): void {
    const line = joinLine(this.#line).trim()
    if (line !== "") this.#lines.push(line)
    this.#line = []
  }
}

/** Without the glyphs at its start that print those at the end of the last run again; none where that is all. */
const withoutRepeated = (last: Run, run: Run): Run | undefined => {
  const { along, above } = seenFrom(last, run)
  const overlapping = last.width - along
  const near = run.height * samePlace
  if (along < -near || overlapping <= 0 || !isParallel(last, run) || Math.abs(above) > near) return run
  const glyph = run.width / run.text.length
  const repeated = Math.round(overlapping / glyph)
  if (repeated === 0 || !last.text.endsWith(run.text.slice(0, repeated))) return run
  if (repeated >= run.text.length) return undefined
  const { text, x, y, width, cos, sin } = run
  const [dx, dy] = [overlapping * cos, overlapping * sin]
  return { ...run, text: text.slice(repeated), x: x + dx, y: y + dy, width: width - overlapping }
}

/** Whether there is room for a space between two runs that follow each other in reading order. */
const areApart = (a: Run, b: Run) => {
  const size = Math.max(a.height, b.height)
  const { along } = seenFrom(a, b)
  const gap = b.isRightToLeft && along < 0 ? -along - b.width : along - a.width
  return gap > size * touching || gap < -size * overlap
}

/** Right-to-left lines are read from the right; what runs left to right in them, like numbers, keeps its order. */
const inReadingOrder = (runs: ReadonlyArray<Run | " ">): ReadonlyArray<Run | " "> => {
  const real = runs.filter((run) => run !== " ")
  const rightToLeft = real.filter(({ isRightToLeft }) => isRightToLeft).length
  const [first] = real
  if (first === undefined || rightToLeft * 2 < real.length) return runs
  const placed = real.map((run) => ({ run, at: seenFrom(first, run).along })).sort((a, b) => b.at - a.at)
  const ordered: Array<Run> = []
  let start = 0
  for (const { run } of placed) {
    if (run.isRightToLeft) start = ordered.push(run)
    else ordered.splice(start, 0, run)
  }
  return ordered
}

const joinLine = (runs: ReadonlyArray<Run | " ">): string => {
  let text = ""
  let last: Run | " " | undefined
  for (const run of inReadingOrder(runs)) {
    if (run === " ") text += " "
    else text += last !== undefined && last !== " " && areApart(last, run) ? ` ${run.text}` : run.text
    last = run
  }
  return text.replace(/ {2,}/g, " ")
}
