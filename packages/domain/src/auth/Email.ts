import { Schema, SchemaTransformation } from "effect"

// Besides white space and controls, what cannot be seen (zero-width joiners, direction marks) is refused: it would make
// two addresses that look the same.
const shape =
  /^[^\s@\p{C}\p{Default_Ignorable_Code_Point}]{1,64}@[^\s@.\p{C}\p{Default_Ignorable_Code_Point}]+(\.[^\s@.\p{C}\p{Default_Ignorable_Code_Point}]+)+$/u

/** Lower case can undo NFKC (`İ`), so it comes in between. */
const canonical = (address: string) => address.trim().normalize("NFKC").toLowerCase().normalize("NFKC").trim()

/**
 * An e-mail address in the one form kite stores and compares: trimmed, NFKC, lower case, at most 254 characters
 * (RFC 5321 section 4.5.3.1.3). Only a delivered mail proves an address, so the syntax check is deliberately coarse.
 * Letters of other scripts that merely look alike stay distinct: mail goes to the stored address alone, never to the one given.
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
