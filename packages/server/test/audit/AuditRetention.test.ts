import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { AuditRetention } from "../../src/audit/AuditRetention.ts"
import { day, finding, fresh, history, hour, live, run, seal, verify } from "./SealedHistory.ts"

const prune = AuditRetention.use((service) => service.prune(1.5 * day))
const forget = "DELETE FROM audit_log WHERE id IN (SELECT unnest(entries) FROM audit_seals WHERE number = 1)"

layer(fresh, live)("the retention of the audit log", (it) => {
  it.effect("removes what is older, with its seals; the rest verifies, and so it does after the next time", () =>
    Effect.gen(function* () {
      yield* history
      assert.strictEqual(yield* prune, 3)
      assert.strictEqual(yield* prune, 0)
      yield* seal
      const { seals, entries } = yield* verify
      assert.deepStrictEqual([seals, entries], [3, 7], "its own entry is sealed too")
      assert.strictEqual(yield* AuditRetention.use((service) => service.prune(hour / 2)), 6)
      yield* seal
      assert.strictEqual((yield* verify).entries, 2)
    })
  )

  it.effect("keeps the last seal, however old", () =>
    Effect.gen(function* () {
      yield* history
      assert.strictEqual(yield* AuditRetention.use((service) => service.prune(0)), 6)
      assert.strictEqual((yield* verify).seals, 1)
    })
  )

  it.effect("may be cut off between two seals", () =>
    Effect.gen(function* () {
      yield* history
      yield* run(
        `CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN IF OLD.number > 1 THEN RAISE 'cut off'; END IF; RETURN OLD; END $$`,
        "CREATE TRIGGER cut BEFORE DELETE ON audit_seals FOR EACH ROW EXECUTE FUNCTION cut()"
      )
      yield* Effect.exit(AuditRetention.use((service) => service.prune(hour / 2)))
      yield* run("DROP TRIGGER cut ON audit_seals", "DROP FUNCTION cut")
      assert.strictEqual((yield* verify).seals, 2)
      assert.strictEqual(yield* AuditRetention.use((service) => service.prune(hour / 2)), 3)
      yield* verify
    })
  )

  it.effect("is not taken as an excuse for what others remove", () =>
    Effect.gen(function* () {
      yield* history
      yield* run(forget, "DELETE FROM audit_seals WHERE number = 1")
      assert.match(yield* finding, /the seals before seal 2 are missing, and kite did not remove them/)
      yield* run(`INSERT INTO audit_log (id, at, action, details)
        VALUES (uuidv7(), now(), 'audit_pruned', '{"seal": 1, "proof": "${"0".repeat(64)}"}')`)
      assert.match(yield* finding, /kite did not remove them/)
      yield* history
      yield* prune
      yield* run(forget.replace("1)", "2)"))
      yield* run("DELETE FROM audit_seals WHERE number = 2")
      assert.match(yield* finding, /the seals before seal 3 are missing/)
    })
  )
})
