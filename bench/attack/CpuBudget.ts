import { pictureOf } from "@kite/testkit/files/ImageFile"
import { pdfOf } from "@kite/testkit/files/PdfFile"
import { cpuTicks } from "@kite/testkit/processes/Processes"
import type { Attack } from "./Attack.ts"

const pages = 60
/** Side of a page, in points: drawn for OCR as 25 million pixels. */
const side = 1_200

/** Every page is a picture so large and full that OCR takes most of the time that a page may have. */
const endlessScan = async () => {
  const words = "quick brown foxes jump over lazy dogs while careful engineers measure old invoices ".repeat(6)
  const lines = Array.from({ length: 138 }, (_, row) => words.slice(row % 40, (row % 40) + 400))
  const jpeg = await pictureOf(lines, 24, 5_000).encode("jpeg", 60)
  const file = await pdfOf(async (pdf) => {
    const image = await pdf.embedJpg(jpeg)
    for (let page = 0; page < pages; page++) {
      pdf.addPage([side, side]).drawImage(image, { x: 0, y: 0, width: side, height: side })
    }
  })
  return new Uint8Array(file)
}

/**
 * CPU seconds: the budget is 60 for the document, 6 for each page that is begun and 4 for each MiB (docs/security.md), and some pages
 * are begun within it.
 */
const limit = 120

/** Adds up the CPU time of processes, also of those that have ended since they were last looked at. */
const makeMeter = () => {
  const first = new Map<number, number>()
  const last = new Map<number, number>()
  return {
    look: (pids: ReadonlyArray<number>) => {
      for (const pid of pids) {
        const ticks = cpuTicks(pid)
        if (!first.has(pid)) first.set(pid, ticks)
        last.set(pid, ticks)
      }
    },
    seconds: () => [...last].reduce((sum, [pid, ticks]) => sum + ticks - (first.get(pid) ?? 0), 0) / 100
  }
}

/** A file of some MB that takes hours to read. */
export const cpuBudget: Attack = {
  name: "4 CPU budget",
  settings: {},
  run: async (target) => {
    const account = await target.signUp()
    await target.secondsToRead(account, "wakes the extractors")
    const meter = makeMeter()
    const looking = setInterval(() => meter.look(target.extractors()), 500)
    const id = await target.upload(account, await endlessScan())
    const { status, failure } = await target.settled(account, id, 540).finally(() => clearInterval(looking))
    return [
      {
        what: `CPU time of a scan of ${pages} full pages (ends as ${failure?.code ?? status})`,
        before: "1800 s",
        now: failure?.code === "timed-out" ? meter.seconds() : Number.POSITIVE_INFINITY,
        limit,
        unit: "s"
      }
    ]
  }
}
