import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import { eventually } from "@kite/testkit/Eventually"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { TwoRoles } from "@kite/testkit/postgres/TwoRoles"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { kite } from "./RunKite.ts"

describe("kite audit", () => {
  it.live(
    "verifies what a running server sealed, names the first place that was changed, and prunes as the owner alone",
    () =>
      Effect.gen(function* () {
        const { ownerUrl, applicationUrl } = yield* TwoRoles
        const variables = {
          DATA_DIR: yield* temporaryDirectory,
          DATABASE_URL: Redacted.value(applicationUrl),
          TOKEN_SECRET: "a secret of this test and of no other"
        }
        const migrating = { ...variables, DATABASE_MIGRATE_URL: Redacted.value(ownerUrl) }
        yield* Effect.gen(function* () {
          const { url } = yield* startKite(migrating)
          yield* logInAt(url)
          const verify = kite(variables, "audit", "verify")
          const { out } = yield* eventually(verify, ({ out }) => /\b0 wait/.test(out), "60 seconds")
          const [, seal = ""] = /^2 entries in \d seals? .*\nThe last seal is (\d+:[0-9a-f]{32})$/m.exec(out) ?? []
          assert.isNotEmpty(seal, out)
          assert.strictEqual((yield* kite(variables, "audit", "verify", "--contains", seal)).code, 0)
          const other = yield* kite(variables, "audit", "verify", "--contains", seal.replace(/.$/, "x"))
          assert.deepInclude(other, {
            code: 1,
            err: `kite: "${seal.replace(/.$/, "x")}" is not a seal such as 12:9f3a...\n`
          })
        }).pipe(Effect.scoped)

        const another = { ...variables, TOKEN_SECRET: "another secret, of 32 characters or more" }
        const file = join(variables.DATA_DIR, "old")
        yield* Effect.promise(() => writeFile(file, `${variables.TOKEN_SECRET}\n`))
        assert.match((yield* kite(another, "audit", "verify")).err, /seal 1 was made with another TOKEN_SECRET/)
        assert.strictEqual((yield* kite(another, "audit", "verify", "--old-secret-file", file)).code, 0)

        const retention = { AUDIT_RETENTION: "1d" }
        assert.match((yield* kite(migrating, "audit", "prune")).err, /AUDIT_RETENTION is missing/)
        assert.strictEqual((yield* kite({ ...migrating, ...retention }, "audit", "prune")).out, "Removed 0 entries\n")
        const asOwner = Effect.provide(Database.layerUrl(ownerUrl))
        yield* SqlClient.SqlClient.use((sql) => sql`UPDATE audit_log SET client_ip = '192.0.2.1'`).pipe(asOwner)
        const broken = yield* kite(variables, "audit", "verify")
        assert.strictEqual(broken.code, 1)
        assert.match(
          broken.err,
          /^kite: The audit log was changed: entry [0-9a-f-]{36} of seal 1 is not what was sealed\n$/
        )
      }).pipe(Effect.scoped, Effect.provide(TwoRoles.layer)),
    180_000
  )
})
