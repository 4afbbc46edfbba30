import type { Email } from "@kite/domain/users/Email"
import type { Redacted } from "effect"
import { mail, resetLink } from "../users/UserMails.ts"

/** As a reset mail that one has asked for. */
export const forcedResetMail = (to: Email, publicUrl: string, token: Redacted.Redacted) =>
  mail(to, "Choose a new kite password", [
    `An administrator has ended all sessions of ${to},`,
    "and its password is not valid any longer. To choose a new one, open",
    "",
    resetLink(publicUrl, token),
    "",
    "The link works once, for one hour. Later you can ask for another one."
  ])
