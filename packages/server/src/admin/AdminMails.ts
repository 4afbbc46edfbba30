import type { Mail } from "@kite/adapters/mail/Mailer"
import type { Email } from "@kite/domain/auth/Email"
import { Redacted } from "effect"
import { resetLink } from "../auth/AuthMails.ts"

/** As a reset mail that one has asked for. */
export const forcedResetMail = (to: Email, publicUrl: string, token: Redacted.Redacted): Mail => ({
  to,
  subject: "Choose a new kite password",
  text: Redacted.make(
    [
      `An administrator has ended all sessions of ${to},`,
      "and its password is not valid any longer. To choose a new one, open",
      "",
      resetLink(publicUrl, token),
      "",
      "The link works once, for one hour. Later you can ask for another one.",
      ""
    ].join("\n")
  )
})
