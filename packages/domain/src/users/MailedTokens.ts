import { Schema } from "effect"

/** A secret that is mailed: 32 random bytes, base64url. */
const mailedToken = (mail: string) =>
  Schema.RedactedFromValue(
    Schema.String.check(Schema.isPattern(/^[\w-]{43}$/u, { message: `must be the token from ${mail}` }))
  )

/** The secret of an invite. It works once, for 7 days, for the e-mail address that it was mailed to. */
export const InviteToken = mailedToken("an invite")
export type InviteToken = typeof InviteToken.Type

/** The secret that proves an e-mail address. It works once, for a day. */
export const EmailProofToken = mailedToken("a mail of kite")
export type EmailProofToken = typeof EmailProofToken.Type
