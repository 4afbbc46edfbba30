import { Redacted } from "effect"
import type { SendMailOptions } from "nodemailer"
import type { Mail } from "./Mailer.ts"

/**
 * The mail as nodemailer takes it. The address is given as a name and address object, never parsed, so that commas in it add
 * no recipient; nothing is ever read from files or URLs. A text of ASCII lines of up to 76 characters goes out as it stands,
 * so that a link in it can be copied from a file of the outbox; any other is quoted-printable.
 */
export const toMessage = (from: string, { to, subject, text }: Mail): SendMailOptions => ({
  from,
  to: { name: "", address: to },
  subject,
  text: Redacted.value(text),
  disableFileAccess: true,
  disableUrlAccess: true,
  headers: { "Auto-Submitted": "auto-generated" }
})
