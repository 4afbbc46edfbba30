import { Document, Packer, Paragraph } from "docx"
import { PDFDocument } from "pdf-lib"

const base64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"))

/** The beginning of a zip archive with one stored (not deflated) file: enough to detect its type. */
export const zipOf = (entry: string) => {
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50)
  head.writeUInt16LE(entry.length, 26)
  return new Uint8Array(Buffer.concat([head, Buffer.from(entry), Buffer.alloc(200, 1)]))
}

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
export const samples = async () => ({
  "application/pdf": await pdf(),
  "image/png": base64(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
  ),
  "image/jpeg": base64(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
  ),
  "image/tiff": new Uint8Array([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  "image/webp": base64("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="),
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": await docx(),
  "text/plain": new Uint8Array(Buffer.from("Grüße, мир, 世界 🌍\n"))
})
