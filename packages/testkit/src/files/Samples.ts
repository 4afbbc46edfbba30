import type { ContentType } from "@kite/domain/documents/Document"
import { Document, Packer, Paragraph } from "docx"
import { zipSync } from "fflate"
import { PDFDocument } from "pdf-lib"
import { pictureOf } from "./ImageFile.ts"
import { excelOf, openDocumentOf, powerPointOf } from "./OfficeFile.ts"

const copy = (bytes: Uint8Array) => new Uint8Array(bytes)
const utf8 = (text: string) => copy(Buffer.from(text))
const base64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"))

/** The beginning of a zip archive with one stored (not deflated) file: enough to detect its type. */
export const zipOf = (entry: string) => {
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50)
  head.writeUInt16LE(entry.length, 26)
  return new Uint8Array(Buffer.concat([head, Buffer.from(entry), Buffer.alloc(200, 1)]))
}

/** An archive that holds this file as it is, so that its bytes can be seen in those of the archive. */
export const storedIn = (name: string, file: Uint8Array) => copy(zipSync({ [name]: [file, { level: 0 }] }))

const pdf = async () => {
  const document = await PDFDocument.create()
  document.addPage().drawText("hello")
  return new Uint8Array(await document.save())
}

const docx = async () => {
  const document = new Document({ sections: [{ children: [new Paragraph("hello")] }] })
  return new Uint8Array(await Packer.toBuffer(document))
}

/** A small file of every type that kite reads. */
export const samples = async (): Promise<Record<ContentType, Uint8Array<ArrayBuffer>>> => ({
  "application/pdf": await pdf(),
  "image/png": base64(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
  ),
  "image/jpeg": base64(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
  ),
  "image/tiff": new Uint8Array([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  "image/webp": base64("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="),
  "image/gif": base64("R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs="),
  "image/avif": new Uint8Array(await pictureOf(["hello"], 40, 200).encode("avif")),
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": await docx(),
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": copy(excelOf({ Sheet: [["hello"]] })),
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": copy(powerPointOf([["hello"]])),
  "application/vnd.oasis.opendocument.text": copy(openDocumentOf("<text:p>hello</text:p>")),
  "application/rtf": utf8("{\\rtf1\\ansi hello}"),
  "text/html": utf8("<!DOCTYPE html><title>hello</title><p>world"),
  "message/rfc822": utf8(
    "From: a@example.org\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\nSubject: hello\r\n\r\nworld\r\n"
  ),
  "text/plain": utf8("Grüße, мир, 世界 🌍\n")
})
