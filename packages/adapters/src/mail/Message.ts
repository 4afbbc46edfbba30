import { Redacted } from "effect"
import type { SendMailOptions } from "nodemailer"
import type { Mail } from "./Mailer.ts"

/**
 * The mail as nodemailer takes it. The address is given as a name and address object, never parsed, so that commas in it add
 * no recipient; nothing is ever read from files or URLs.
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
