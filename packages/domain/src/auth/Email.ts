import { Schema, SchemaTransformation } from "effect"

const shape = /^[^\s@\p{Cc}\p{Cs}]{1,64}@[^\s@.\p{Cc}\p{Cs}]+(\.[^\s@.\p{Cc}\p{Cs}]+)+$/u

/**
 * An e-mail address in the one form kite stores and compares: trimmed, NFKC, lower case, at most 254 characters
 * (RFC 5321 section 4.5.3.1.3). Only a delivered mail proves an address, so the syntax check is deliberately coarse.
 */
export const Email = Schema.String.pipe(
  Schema.decodeTo(
    Schema.String.check(
      Schema.isMaxLength(254),
      Schema.isPattern(shape, { message: "must be an e-mail address" })
    ).pipe(Schema.brand("Email")),
    SchemaTransformation.transform({
      decode: (address) => address.trim().normalize("NFKC").toLowerCase(),
      encode: (address) => address
    })
  )
)
export type Email = typeof Email.Type
