import { assert, describe, it } from "@effect/vitest"
import { open, seal } from "@kite/server/auth/tokens/Seal"
import { Option, Redacted } from "effect"

const secret = Redacted.make("a secret of the tests, and of nobody else")
const plain = Redacted.make("a key")
const read = (sealed: Uint8Array, purpose = "one purpose", key = secret) =>
  Option.getOrUndefined(Option.map(open(key, purpose, sealed), Redacted.value))

describe("a seal", () => {
  it("opens with its secret, for its purpose, whole", () => {
    const sealed = seal(secret, "one purpose", plain)
    assert.strictEqual(read(sealed), "a key")
    assert.isUndefined(read(sealed, "another purpose"))
    assert.isUndefined(read(sealed, "one purpose", Redacted.make("another secret of the tests, of nobody else")))
    for (let index = 0; index < sealed.length; index++) {
      assert.isUndefined(read(sealed.with(index, (sealed[index] ?? 0) ^ 1)), `byte ${index}`)
      assert.isUndefined(read(sealed.subarray(0, index)), `${index} bytes`)
    }
  })

  it("is another one each time", () => {
    assert.notDeepEqual(seal(secret, "one purpose", plain), seal(secret, "one purpose", plain))
  })
})
