import { Schema, SchemaTransformation } from "effect"

/**
 * In quotes, within which `\` escapes a quote or itself (RFC 9651 section 3.3.3); or without them, as clients send UUIDs, ULIDs and
 * base64.
 */
export const keyPattern = /^("([ !#-[\]-~]|\\["\\]){1,255}"|[A-Za-z0-9._~:/+=-]{1,255})$/

const unquote = (text: string) => (text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(["\\])/g, "$1") : text)

/**
 * The value of `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a string of 1 to 255 ASCII characters in quotes.
 * As many clients leave the quotes out, they are optional around letters, digits and `-._~:/+=`: `"a1"` and `a1` are the same key.
 */
export const IdempotencyKey = Schema.String.check(
  Schema.isPattern(keyPattern, { message: 'must be one key of 1 to 255 ASCII characters, such as "8e03978e-40d5"' })
).pipe(
  Schema.decodeTo(
    Schema.String.pipe(Schema.brand("IdempotencyKey")),
    SchemaTransformation.transform({
      decode: unquote,
      encode: (key) => `"${key.replaceAll(/["\\]/g, "\\$&")}"`
    })
  )
)
export type IdempotencyKey = typeof IdempotencyKey.Type
