import { Schema, SchemaTransformation } from "effect"

// Invisible characters (zero-width joiners, direction marks) are refused, besides white space and controls: with them two
// addresses could look the same.
const shape =
  /^[^\s@\p{C}\p{Default_Ignorable_Code_Point}]{1,64}@[^\s@.\p{C}\p{Default_Ignorable_Code_Point}]+(\.[^\s@.\p{C}\p{Default_Ignorable_Code_Point}]+)+$/u

/** Lower-casing can undo NFKC (`İ`), so NFKC is applied again after it. */
const canonical = (address: string) => address.trim().normalize("NFKC").toLowerCase().normalize("NFKC").trim()

/**
 * An e-mail address in the form that kite stores and compares: trimmed, NFKC, lower case, at most 254 characters
 * (RFC 5321 section 4.5.3.1.3). Only a delivered mail proves an address, so the syntax check is deliberately coarse.
 * Similar letters of other scripts stay distinct: mail goes to the stored address, never to the one in the request.
 */
export const Email = Schema.String.annotate({ format: "email" }).pipe(
  Schema.decodeTo(
    Schema.String.check(
      Schema.isMaxLength(254),
      Schema.isPattern(shape, { message: "must be an e-mail address" })
    ).pipe(Schema.brand("Email")),
    SchemaTransformation.transform({ decode: canonical, encode: (address) => address })
  )
)
export type Email = typeof Email.Type
