import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import type { Limits } from "../../ExtractionLimits.ts"
import { PageWriter } from "../pages/PageWriter.ts"
import { readDrawing } from "./Drawing.ts"
import { mainPart, relationshipsOf } from "./Relationships.ts"
import { attribute, relationshipId, walkXml } from "./XmlWalk.ts"
import type { ZipArchive } from "./ZipArchive.ts"

const noWorkbook = () =>
  new ExtractionFailure({ code: "corrupt", message: "The file is not a readable Excel workbook." })
const tooMuchText = () =>
  new ExtractionFailure({ code: "too-large", message: "The workbook holds more text than is allowed." })

/** Texts that cells refer to by their place (ECMA-376 part 1, 18.4.9), without what only says how they are pronounced. */
const readSharedStrings = async (archive: ZipArchive, part: string, limits: Limits) => {
  const strings: Array<string> = []
  let characters = 0
  let current = ""
  let inText = false
  await walkXml(archive, part, {
    open: (name) => {
      if (name === "rPh") return "skip"
      inText = name === "t"
      return undefined
    },
    text: (text) => {
      if (inText) current += text
    },
    close: (name) => {
      inText = false
      if (name !== "si") return
      characters += current.length
      if (characters > limits.maxCharacters) throw tooMuchText()
      strings.push(current)
      current = ""
    }
  })
  return strings
}

/** Number formats that mean a day (ECMA-376 part 1, 18.8.30) without being written out in the file. */
const isBuiltInDate = (id: number) =>
  (id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)
/** A day or a year outside quotes and brackets. */
const isDateCode = (code: string) => /[dy]/i.test(code.replace(/"[^"]*"|\[[^\]]*\]|\\./g, ""))

/** Which cell styles show days. */
const readDateStyles = async (archive: ZipArchive, part: string) => {
  const dateFormats = new Set<number>()
  const styles: Array<boolean> = []
  let inCellStyles = false
  await walkXml(archive, part, {
    open: (name, attributes) => {
      const format = Number(attribute(attributes, "numFmtId"))
      if (name === "cellXfs") inCellStyles = true
      if (name === "numFmt" && isDateCode(attribute(attributes, "formatCode") ?? "")) dateFormats.add(format)
      if (name === "xf" && inCellStyles) styles.push(isBuiltInDate(format) || dateFormats.has(format))
    },
    close: (name) => {
      if (name === "cellXfs") inCellStyles = false
    }
  })
  return styles
}

const millisPerDay = 86_400_000
/** Days are counted from here, or from 1904 in workbooks of old Macs. */
const epochs = { usual: Date.UTC(1899, 11, 30), mac: Date.UTC(1904, 0, 1) }

const dateText = (serial: number, epoch: number) => {
  const date = new Date(epoch + Math.round(serial * millisPerDay))
  return Number.isNaN(date.getTime()) || serial < 0 || serial > 2_958_465 ? undefined : date.toISOString().slice(0, 10)
}

interface Workbook {
  readonly strings: ReadonlyArray<string>
  readonly dateStyles: ReadonlyArray<boolean>
  readonly epoch: number
}

const cellText = (type: string, style: number, value: string, { strings, dateStyles, epoch }: Workbook) => {
  if (type === "s") return strings[Number(value)] ?? ""
  if (type === "b") return value === "1" ? "TRUE" : "FALSE"
  return (type === "n" && dateStyles[style] && dateText(Number(value), epoch)) || value
}

const readSheet = async (archive: ZipArchive, part: string, writer: PageWriter, workbook: Workbook) => {
  let [type, style, value] = ["n", 0, ""]
  let inValue = false
  await walkXml(archive, part, {
    open: (name, attributes) => {
      if (name === "f" || name === "rPh") return "skip"
      if (name === "c") {
        type = attribute(attributes, "t") ?? "n"
        style = Number(attribute(attributes, "s") ?? 0)
        value = ""
      }
      inValue = name === "v" || name === "t"
      return undefined
    },
    text: (text) => {
      if (inValue) value += text
    },
    close: (name) => {
      inValue = false
      if (name === "c") {
        if (value !== "") writer.write(cellText(type, style, value, workbook))
        writer.separate("\t")
        value = ""
      } else if (name === "row") writer.separate("\n")
    }
  })
  for (const { type, target } of await relationshipsOf(archive, part)) {
    if (!["comments", "threadedComment", "drawing"].includes(type)) continue
    writer.separate("\n\n")
    await readDrawing(archive, target, writer)
  }
}

/** A page for each sheet of an Excel workbook (ECMA-376 part 1, 18): its name, then its cells, then what lies on it. */
export const readXlsx = async (archive: ZipArchive, limits: Limits): Promise<ReadonlyArray<string>> => {
  const main = await mainPart(archive, "xl/workbook.xml")
  if (main === undefined) throw noWorkbook()
  const parts = await relationshipsOf(archive, main)
  const part = (type: string) => parts.find((part) => part.type === type)?.target
  const sheets: Array<{ readonly name: string; readonly id: string | undefined }> = []
  let epoch = epochs.usual
  await walkXml(archive, main, {
    open: (name, attributes) => {
      if (name === "sheet") sheets.push({ name: attribute(attributes, "name") ?? "", id: relationshipId(attributes) })
      if (name === "workbookPr" && /^(?:1|true)$/.test(attribute(attributes, "date1904") ?? "")) epoch = epochs.mac
    }
  })
  const sharedStrings = part("sharedStrings")
  const styles = part("styles")
  const workbook = {
    strings: sharedStrings === undefined ? [] : await readSharedStrings(archive, sharedStrings, limits),
    dateStyles: styles === undefined ? [] : await readDateStyles(archive, styles),
    epoch
  }
  const writer = new PageWriter(limits)
  for (const { name, id } of sheets) {
    const target = parts.find((part) => part.id === id)?.target
    writer.breakPage()
    writer.write(name)
    writer.separate("\n")
    if (target !== undefined) await readSheet(archive, target, writer, workbook)
  }
  return writer.pages
}
