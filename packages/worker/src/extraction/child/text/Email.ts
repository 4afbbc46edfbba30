import PostalMime, { type Address } from "postal-mime"
import { textOfHtml } from "./Html.ts"

const addressText = (address: Address): string =>
  address.group === undefined
    ? [address.name, address.address && `<${address.address}>`].filter(Boolean).join(" ")
    : `${address.name}: ${address.group.map(addressText).join(", ")}`

/** A plain part that only says that there is another is no text of the mail. */
const bodyOf = (text: string, html: string) => (text.trim().length * 2 < html.length ? html : text.trim())

/** Subject, addresses, date, text and the attachments' names of a mail (RFC 5322, MIME), each on its line. */
export const emailText = async (bytes: Uint8Array): Promise<string> => {
  const mail = await PostalMime.parse(bytes, { maxNestingDepth: 50 })
  const lines = (
    [
      ["Subject", mail.subject],
      ["From", mail.from && addressText(mail.from)],
      ["To", mail.to?.map(addressText).join(", ")],
      ["Cc", mail.cc?.map(addressText).join(", ")],
      ["Bcc", mail.bcc?.map(addressText).join(", ")],
      ["Date", mail.date]
    ] as const
  ).flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []))
  const body = bodyOf(mail.text ?? "", mail.html === undefined ? "" : textOfHtml(mail.html))
  const attachments = mail.attachments.flatMap(({ filename }) => (filename ? [`Attachment: ${filename}`] : []))
  return [lines.join("\n"), body, attachments.join("\n")].filter((part) => part !== "").join("\n\n")
}
