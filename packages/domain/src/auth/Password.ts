import { Schema } from "effect"

/**
 * A new password: 12 to 128 characters, counted as code points (OWASP ASVS 5.0 V6.2.1, V6.2.9); any character is allowed.
 * Login has looser bounds, so that existing passwords stay usable when the rules change.
 */
export const NewPassword = Schema.RedactedFromValue(
  Schema.String.annotate({ format: "password" }).check(
    Schema.makeFilter(
      (password) => {
        const length = Array.from(password).length
        return (length >= 12 && length <= 128) || "must have 12 to 128 characters"
      },
      { toJsonSchema: () => ({ minLength: 12, maxLength: 128 }) }
    )
  )
)
export type NewPassword = typeof NewPassword.Type

/** A password to compare with the stored hash. Its length is bounded, because hashing takes time. */
export const PasswordAttempt = Schema.RedactedFromValue(
  Schema.String.annotate({ format: "password" }).check(Schema.isBetweenLength(1, 512))
)
export type PasswordAttempt = typeof PasswordAttempt.Type

/** The secret in a password-reset mail: 32 random bytes, base64url. It works once, for one hour. */
export const ResetToken = Schema.RedactedFromValue(
  Schema.String.check(Schema.isPattern(/^[\w-]{43}$/u, { message: "must be the token from a reset mail" }))
)
export type ResetToken = typeof ResetToken.Type
