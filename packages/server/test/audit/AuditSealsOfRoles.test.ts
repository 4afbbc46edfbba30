import { assert } from "@effect/vitest"
import { grantApplication } from "@kite/adapters/postgres/ApplicationRole"
import * as Database from "@kite/adapters/postgres/Database"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { Settings } from "@kite/adapters/settings/Settings"
import { TwoRoles } from "@kite/testkit/postgres/TwoRoles"
import { suite } from "@kite/testkit/Suite"
import { Cause, Effect, Exit, Layer, type Redacted } from "effect"
import { AuditLog } from "../../src/audit/AuditLog.ts"
import { AuditRetention } from "../../src/audit/AuditRetention.ts"
import { AuditSeals } from "../../src/audit/AuditSeals.ts"
import { AuditVerification } from "../../src/audit/AuditVerification.ts"

const settings = Settings.layerOf({ TOKEN_SECRET: "a secret of the tests, and of nobody else" })
const servicesOn = (url: Redacted.Redacted<string>) =>
  Layer.mergeAll(AuditLog.layer, AuditRetention.layer, AuditSeals.layer, AuditVerification.layer).pipe(
    Layer.provide([Database.layerUrl(url), settings])
  )

suite(TwoRoles.layer)("the application's role", (it) => {
  it.effect("records, seals and verifies the audit log, and cannot prune it; the owner can", () =>
    Effect.gen(function* () {
      const { ownerUrl, applicationUrl } = yield* TwoRoles
      yield* Migrations.migrate(ownerUrl)
      yield* grantApplication(ownerUrl, applicationUrl)
      const prune = AuditRetention.use((service) => service.prune(-1_000))
      yield* Effect.gen(function* () {
        for (let round = 0; round < 2; round++) {
          yield* AuditLog.use((service) => service.record({ action: "login" }))
          assert.strictEqual(yield* AuditSeals.use((service) => service.seal), 1)
        }
        assert.strictEqual((yield* AuditVerification.use((service) => service.verify())).entries, 2)
        const exit = yield* Effect.exit(prune)
        assert.isTrue(Exit.isFailure(exit))
        if (Exit.isFailure(exit)) assert.include(Cause.pretty(exit.cause), "AuthorizationError")
        yield* AuditVerification.use((service) => service.verify())
      }).pipe(Effect.provide(servicesOn(applicationUrl)))
      assert.strictEqual(yield* Effect.provide(prune, servicesOn(ownerUrl)), 1)
    })
  )
})
