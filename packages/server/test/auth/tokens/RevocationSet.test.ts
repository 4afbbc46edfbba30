import { assert, it } from "@effect/vitest"
import { RevocationSet, retentionMillis } from "@kite/server/auth/tokens/RevocationSet"
import { Schema } from "effect"

it("a revocation is kept as long as a token of the session can be valid, then forgotten", () => {
  const set = new RevocationSet(10)
  set.add(["a"], 1_000_000)
  set.add(["b"], 1_000_000 + retentionMillis - 1)
  assert.isTrue(set.has("a", 999))
  set.add(["c"], 1_000_000 + retentionMillis)
  assert.isFalse(set.has("a", 999))
  assert.isTrue(set.has("b", 999))
})

it.prop(
  "a revoked session is refused and the set keeps its bound, however many sessions end at the same time",
  {
    batches: Schema.Array(Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })))),
    capacity: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 8 }))
  },
  ({ batches, capacity }) => {
    const set = new RevocationSet(capacity)
    const ended = new Set<string>()
    for (const [index, batch] of batches.entries()) {
      const now = 1_000_000 + index * 1_000
      set.add(batch.map(String), now)
      for (const id of batch) ended.add(String(id))
      for (const id of ended) assert.isTrue(set.has(id, Math.floor(1_000_000 / 1_000) - 1))
      assert.isAtMost(set.size, capacity)
      assert.isFalse(set.has("another", now / 1_000 + 1))
    }
  }
)
