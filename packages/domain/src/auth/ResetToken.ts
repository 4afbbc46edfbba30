import { Schema } from "effect"

/** The secret of a password-reset mail: 32 random bytes, base64url. One use, one hour. */
export const ResetToken = Schema.RedactedFromValue(
  Schema.String.check(Schema.isPattern(/^[\w-]{43}$/, { message: "must be the token of a reset mail" }))
)
export type ResetToken = typeof ResetToken.Type
