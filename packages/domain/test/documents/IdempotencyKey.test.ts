import { assert, describe, it } from "@effect/vitest"
import { IdempotencyKey } from "@kite/domain/documents/IdempotencyKey"
import { Option, Schema } from "effect"
import fc from "fast-check"

const decode = Schema.decodeUnknownOption(IdempotencyKey)
const encode = Schema.encodeSync(IdempotencyKey)

/** Any printable ASCII text. */
const keys = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 255
  })
  .map((key) => key as IdempotencyKey)

describe("an idempotency key", () => {
  it("is what it was before it was sent, whatever its characters", () => {
    fc.assert(fc.property(keys, (key) => assert.deepStrictEqual(decode(encode(key)), Option.some(key))))
  })

  it("is the same with and without quotes, where it needs none", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9._~:/+=-]{1,255}$/), (key) => {
        assert.deepStrictEqual(decode(key), decode(`"${key}"`))
        assert.isTrue(Option.isSome(decode(key)))
      })
    )
  })

  it("is refused, or is 1 to 255 printable characters, whatever was sent; and never takes long", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        for (const sent of [text, `"${text}"`, `"${text}`, '"\\'.repeat(5_000) + text]) {
          for (const key of Option.toArray(decode(sent))) assert.match(key, /^[\x20-\x7e]{1,255}$/)
        }
      })
    )
  })
})
