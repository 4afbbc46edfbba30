import { docxWithBody } from "@kite/testkit/files/DocxFile"
import type { Attack } from "./Attack.ts"
import type { Account, Target } from "./Target.ts"

/** A Word document that unpacks to 9 MB of text. */
const bomb = async () => {
  const paragraph = "<w:p><w:r><w:t>all work and no play makes jack a dull boy</w:t></w:r></w:p>"
  return new Uint8Array(await docxWithBody(paragraph.repeat(210_000)))
}

/** Bytes of text that are stored for the document; none if it has none. */
const textBytes = async (target: Target, { headers }: Account, id: string) => {
  const { status, text, json } = await target.send(`/api/documents/${id}/text`, {
    headers: { ...headers, accept: "text/plain" }
  })
  return status === 200 ? Buffer.byteLength(json?.text ?? text) : 0
}

/** A small file that stores a large text, which no quota counts. */
export const storedText: Attack = {
  name: "6 stored text",
  settings: {},
  run: async (target) => {
    const account = await target.signUp()
    const file = await bomb()
    const id = await target.upload(account, file, "bomb.docx")
    await target.settled(account, id)
    const bytes = await textBytes(target, account, id)
    return [
      {
        what: `text of a file of ${(file.length / 1e3).toFixed(0)} kB`,
        before: "9 MB of 79 kB",
        now: bytes / 1e6,
        limit: Math.min(8 * 1024 * 1024, 50 * file.length) / 1e6,
        unit: "MB"
      }
    ]
  }
}
