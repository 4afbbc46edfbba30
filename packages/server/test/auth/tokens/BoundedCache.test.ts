import { assert, it } from "@effect/vitest"
import { BoundedCache } from "@kite/server/auth/tokens/BoundedCache"
import { Schema } from "effect"

it.prop(
  "a bounded cache holds the newest keys, and never more than its capacity",
  {
    keys: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))),
    capacity: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 }))
  },
  ({ keys, capacity }) => {
    const cache = new BoundedCache<number, number>(capacity)
    for (const [index, key] of keys.entries()) {
      cache.set(key, index)
      assert.strictEqual(cache.get(key), index)
      assert.isAtMost(cache.size, capacity)
    }
  }
)
