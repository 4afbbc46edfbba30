import { Schema } from "effect"

/**
 * A new password: 12 to 128 characters, counted as code points (OWASP ASVS 5.0 V6.2.1, V6.2.9); any character is allowed.
 * At login the bound is looser, so that what was valid once stays usable.
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

/** A password to be checked against a stored hash. Bounded, because hashing costs time. */
export const GivenPassword = Schema.RedactedFromValue(
  Schema.String.annotate({ format: "password" }).check(Schema.isBetweenLength(1, 512))
)
export type GivenPassword = typeof GivenPassword.Type
