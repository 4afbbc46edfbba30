import { assert } from "@effect/vitest"
import { Settings } from "@kite/adapters/settings/Settings"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { Effect, Layer, References } from "effect"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../../src/audit/AuditLog.ts"
import { AuditRetention } from "../../src/audit/AuditRetention.ts"
import { AuditSeals } from "../../src/audit/AuditSeals.ts"
import { AuditVerification } from "../../src/audit/AuditVerification.ts"

export const secret = "a secret of the tests, and of nobody else"
/** In ms. */
export const [day, hour] = [86_400_000, 3_600_000]

const services = Layer.mergeAll(AuditLog.layer, AuditRetention.layer, AuditSeals.layer, AuditVerification.layer)
export const withSecret = (TOKEN_SECRET: string) => Layer.provide(services, Settings.layerOf({ TOKEN_SECRET }))

/** By a server that was just started. */
export const seal = Effect.suspend(() =>
  Effect.provide(
    AuditSeals.use((service) => service.seal),
    Layer.fresh(withSecret(secret))
  )
)
export const verify = AuditVerification.use((service) => service.verify())
/** What `kite audit verify` says is wrong. */
export const finding = Effect.map(Effect.flip(verify), ({ message }) => message)
export const run = (...statements: ReadonlyArray<string>) =>
  SqlClient.SqlClient.use((sql) => Effect.forEach(statements, (text) => sql`${sql.literal(text)}`, { discard: true }))

/** So many entries of that age, in ms, one a second. */
export const record = (count: number, age = 0) =>
  run(`INSERT INTO audit_log (id, at, action, client_ip, details)
    SELECT uuidv7(make_interval(secs => n - ${count} - ${age / 1000})), now() - make_interval(secs => ${age / 1000}), 'login',
      '192.0.2.1', jsonb_build_object('n', n) FROM generate_series(1, ${count}) AS n`)

/** Three seals: of two days ago, of yesterday and of an hour ago, three entries each. */
export const history = Effect.gen(function* () {
  yield* run("DELETE FROM audit_log", "DELETE FROM audit_seals")
  for (const age of [2 * day, day, hour]) {
    yield* record(3, age)
    assert.strictEqual(yield* seal, 3)
  }
})

export const live = { excludeTestServices: true, timeout: "60 seconds" } as const
const quiet = Layer.succeed(References.MinimumLogLevel, "Fatal" as const)
export const fresh = Layer.mergeAll(withSecret(secret), quiet).pipe(Layer.provideMerge(testDatabase))
