import { assert, layer } from "@effect/vitest"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Deferred, Effect, Fiber, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../../src/audit/AuditLog.ts"
import { AuditSeals } from "../../src/audit/AuditSeals.ts"
import { AuditVerification } from "../../src/audit/AuditVerification.ts"
import { finding, fresh, history, live, record, run, seal, secret, verify, withSecret } from "./SealedHistory.ts"

/** The entry in the middle of the second seal. */
const middle = "(SELECT entries[2] FROM audit_seals WHERE number = 2)"

layer(fresh, live)("a sealed audit log, changed by the owner of its tables", (it) => {
  it.effect.each([
    [`UPDATE audit_log SET action = 'logout' WHERE id = ${middle}`, /entry [0-9a-f-]{36} of seal 2 is not what was/],
    [`UPDATE audit_log SET at = at + interval '1 microsecond' WHERE id = ${middle}`, /is not what was sealed/],
    [`UPDATE audit_log SET actor_id = gen_random_uuid() WHERE id = ${middle}`, /is not what was sealed/],
    [`UPDATE audit_log SET subject_type = 'user', subject_id = id WHERE id = ${middle}`, /is not what was sealed/],
    [`UPDATE audit_log SET client_ip = NULL WHERE id = ${middle}`, /is not what was sealed/],
    [`UPDATE audit_log SET correlation_id = 'x' WHERE id = ${middle}`, /is not what was sealed/],
    [`UPDATE audit_log SET details = '{}' WHERE id = ${middle}`, /is not what was sealed/],
    [`UPDATE audit_log SET id = gen_random_uuid() WHERE id = ${middle}`, /of seal 2 was removed/],
    [`DELETE FROM audit_log WHERE id = ${middle}`, /entry [0-9a-f-]{36} of seal 2 was removed/],
    [
      `INSERT INTO audit_log (id, at, action, details) VALUES (uuidv7(interval '-1 day'), now() - interval '1 day', 'login', '{}')`,
      /entry [0-9a-f-]{36} has no seal: it was added later/
    ],
    [
      `INSERT INTO audit_log (id, at, action, details) VALUES (uuidv7(interval '-90 days'), now(), 'login', '{}')`,
      /has no seal: it was added later/
    ],
    ["DELETE FROM audit_seals WHERE number = 2", /seal 2 is missing/],
    ["DELETE FROM audit_seals WHERE number = 1", /the seals before seal 2 are missing/],
    ["UPDATE audit_seals SET entries = entries[1:2] WHERE number = 2", /seal 2 was changed/],
    ["UPDATE audit_seals SET macs = macs || macs WHERE number = 2", /seal 2 was changed/],
    ["UPDATE audit_seals SET newest = gen_random_uuid() WHERE number = 2", /seal 2 was changed/],
    ["UPDATE audit_seals SET previous = mac WHERE number = 2", /seal 2 was changed/],
    ["UPDATE audit_seals SET key_id = 'mine' WHERE number = 2", /seal 2 was made with another TOKEN_SECRET/],
    ["UPDATE audit_seals SET number = -number + 1000 WHERE number < 3", /./]
  ] as const)("is found out: %s", ([statement, message]) =>
    Effect.gen(function* () {
      yield* history
      const { seals, entries, waiting } = yield* verify
      assert.deepStrictEqual({ seals, entries, waiting }, { seals: 3, entries: 9, waiting: 0 })
      yield* run(statement)
      assert.match(yield* finding, message)
      yield* seal
      assert.match(yield* finding, message, "the next seal hides nothing")
    })
  )

  it.effect(
    "is found out if its newest seals go, with their entries: by a seal noted before, and by a running server",
    () =>
      Effect.gen(function* () {
        yield* history
        const { verify } = yield* AuditVerification
        const { seal } = yield* AuditSeals
        yield* seal
        const { last } = yield* verify()
        assert.strictEqual((yield* verify({ anchor: last })).seals, 3)
        yield* run("DELETE FROM audit_log WHERE id IN (SELECT unnest(entries) FROM audit_seals WHERE number = 3)")
        yield* run("DELETE FROM audit_seals WHERE number = 3")
        assert.match(
          (yield* Effect.flip(verify({ anchor: last }))).message,
          /seal 3:[0-9a-f]{32} was removed or replaced/
        )
        const log = new LogCapture()
        yield* record(1)
        assert.strictEqual(yield* Effect.provide(seal, log.layer), 0)
        assert.strictEqual(yield* seal, 0, "it does not go on")
        assert.deepInclude(
          log.parsed.map(({ event, level }) => ({ event, level })),
          { event: "audit_tampered", level: "error" }
        )
      })
  )

  it.effect("is found out if a seal is replaced by one that kite made at another time, as from a backup", () =>
    Effect.gen(function* () {
      yield* history
      yield* run("CREATE TABLE old AS SELECT * FROM audit_seals WHERE number = 3")
      yield* run("DELETE FROM audit_seals WHERE number = 3")
      yield* record(1)
      yield* seal
      yield* record(1)
      yield* seal
      yield* verify
      yield* run(
        "DELETE FROM audit_seals WHERE number = 3",
        "INSERT INTO audit_seals SELECT * FROM old",
        "DROP TABLE old"
      )
      assert.match(yield* finding, /seal 4 does not follow seal 3/)
    })
  )

  it.effect("is found out if all seals go", () =>
    Effect.gen(function* () {
      yield* history
      yield* run("DELETE FROM audit_seals")
      assert.match(yield* finding, /has entries and no seal/)
    })
  )
})

layer(fresh, live)("the seals", (it) => {
  it.effect("cover every entry once, whatever number of servers seal", () =>
    Effect.gen(function* () {
      yield* history
      yield* record(2_500)
      const counts = yield* Effect.all([seal, seal, seal], { concurrency: 3 })
      const sum = counts.reduce((one, two) => one + two, 0) + (yield* seal)
      assert.strictEqual(sum, 2_500)
      const { entries, waiting } = yield* verify
      assert.deepStrictEqual([entries, waiting], [2_509, 0])
    })
  )

  it.effect("take an entry whose transaction ended after newer ones were sealed", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { record } = yield* AuditLog
      yield* history
      const [isWritten, mayEnd] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const slow = yield* Effect.all(
        [record({ action: "login" }), Deferred.succeed(isWritten, undefined), Deferred.await(mayEnd)],
        { discard: true }
      ).pipe(sql.withTransaction, Effect.forkChild)
      yield* Deferred.await(isWritten)
      yield* record({ action: "logout" })
      assert.strictEqual(yield* seal, 1)
      yield* Deferred.succeed(mayEnd, undefined)
      yield* Fiber.join(slow)
      assert.strictEqual((yield* verify).waiting, 1)
      assert.strictEqual(yield* seal, 1)
      assert.strictEqual((yield* verify).entries, 11)
      const newest = yield* sql<{ newest: string }>`SELECT newest FROM audit_seals ORDER BY number DESC LIMIT 2`
      assert.strictEqual(newest[0]?.newest, newest[1]?.newest, "which an older entry does not lower")
    })
  )

  it.effect("are named in the log as `kite audit verify` names them", () =>
    Effect.gen(function* () {
      yield* history
      yield* record(1)
      const log = new LogCapture()
      yield* Effect.provide(seal, log.layer)
      const lines = log.parsed.filter(({ event }) => event === "audit_sealed")
      assert.deepStrictEqual(
        lines.map(({ details }) => details),
        [{ seal: (yield* verify).last }]
      )
    })
  )

  it.effect("go on although an entry claims to be of the future", () =>
    Effect.gen(function* () {
      yield* history
      yield* run(
        `INSERT INTO audit_log (id, at, action, details) VALUES (uuidv7(interval '1 year'), now(), 'login', '{}')`
      )
      yield* record(2)
      assert.strictEqual(yield* seal, 2)
      assert.strictEqual((yield* verify).waiting, 1)
    })
  )

  it.effect("go on under a new TOKEN_SECRET, and the old ones are checked with the old one", () =>
    Effect.gen(function* () {
      yield* history
      yield* record(1)
      const changed = yield* Layer.build(Layer.fresh(withSecret("another secret, of more than 32 characters")))
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* AuditSeals.use((service) => service.seal), 1)
        assert.match(yield* finding, /seal 1 was made with another TOKEN_SECRET/)
        const { verify } = yield* AuditVerification
        const oldSecrets = [Redacted.make(secret)]
        assert.strictEqual((yield* verify({ oldSecrets })).seals, 4)
        yield* run(`UPDATE audit_log SET details = '{}' WHERE id = ${middle}`)
        assert.match((yield* Effect.flip(verify({ oldSecrets }))).message, /of seal 2/)
      }).pipe(Effect.provide(changed))
    })
  )
})
