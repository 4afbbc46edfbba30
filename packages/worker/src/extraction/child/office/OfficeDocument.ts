import type { ContentType } from "@kite/domain/documents/Document"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import type { Limits } from "../../ExtractionLimits.ts"
import { readDocx } from "./Docx.ts"
import { readOdt } from "./Odt.ts"
import { readPptx } from "./Pptx.ts"
import { readXlsx } from "./Xlsx.ts"
import { ZipArchive } from "./ZipArchive.ts"

type Read = (archive: ZipArchive, limits: Limits) => Promise<ReadonlyArray<string>>

const openXml = "application/vnd.openxmlformats-officedocument"

const readers = {
  [`${openXml}.wordprocessingml.document`]: readDocx,
  [`${openXml}.spreadsheetml.sheet`]: readXlsx,
  [`${openXml}.presentationml.presentation`]: readPptx,
  "application/vnd.oasis.opendocument.text": readOdt
} as const satisfies Partial<Record<ContentType, Read>>

/** Kinds that are zips of XML. */
export type OfficeType = keyof typeof readers

/** What Office puts around a document with a password ([MS-OFFCRYPTO] 2.3). */
const compoundFile = "d0cf11e0a1b11ae1"

/** The text of each page. Rejects with an ExtractionFailure for what is encrypted, damaged or too much. */
export const officePages = async (
  bytes: Uint8Array,
  type: OfficeType,
  limits: Limits
): Promise<ReadonlyArray<string>> => {
  if (Buffer.from(bytes.subarray(0, 8)).toString("hex") === compoundFile) {
    throw new ExtractionFailure({ code: "encrypted", message: "The document is protected by a password." })
  }
  return readers[type](new ZipArchive(bytes, limits), limits)
}
