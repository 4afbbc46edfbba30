import { assert, describe, it } from "@effect/vitest"
import { audit, logInAs, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { logIn } from "@kite/testkit/accounts/Sessions"
import { TestServer } from "@kite/testkit/http/TestServer"
import { TestDatabase, testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { Cause, Effect, Exit, Layer } from "effect"
import { SqlClient } from "effect/sql"

const admin = { email: "root@example.org", password: "up, up and away 9" }
const variables = { ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password }

/** A server with these variables, on the test's database. */
const serverWith = (changed: Record<string, string>) =>
  Effect.gen(function* () {
    const database = yield* TestDatabase
    const sql = yield* SqlClient.SqlClient
    const same = Layer.mergeAll(Layer.succeed(TestDatabase, database), Layer.succeed(SqlClient.SqlClient, sql))
    return yield* Layer.build(
      Layer.fresh(TestServer.layerOn({ variables: changed, database: same as typeof testDatabase }))
    )
  })

describe("the admin of ADMIN_EMAIL and ADMIN_PASSWORD", () => {
  it.live("is created once on an empty database, although several servers start at the same time", () =>
    Effect.gen(function* () {
      const [server] = yield* Effect.all([serverWith(variables), serverWith(variables), serverWith(variables)], {
        concurrency: "unbounded"
      })
      yield* Effect.gen(function* () {
        const root = yield* logInAs(admin)
        const { json } = yield* audit(root, { action: "user_created" })
        assert.strictEqual(json.items.length, 1)
        assert.deepInclude(json.items[0], { actorId: null, clientIp: null, details: { role: "admin", by: "settings" } })
      }).pipe(Effect.provide(server))
    }).pipe(Effect.scoped, Effect.provide(testDatabase))
  )

  it.live("is neither created nor changed if there are accounts", () =>
    Effect.gen(function* () {
      const first = yield* serverWith({})
      yield* Effect.provide(signUpAdmin, first)
      const second = yield* serverWith(variables)
      assert.strictEqual((yield* Effect.provide(logIn(admin), second)).status, 401)
    }).pipe(Effect.scoped, Effect.provide(testDatabase))
  )

  it.live.each([
    [{ ADMIN_EMAIL: admin.email }, "ADMIN_EMAIL and ADMIN_PASSWORD must be set together"],
    [{ ADMIN_PASSWORD: admin.password }, "ADMIN_EMAIL and ADMIN_PASSWORD must be set together"],
    [{ ...variables, ADMIN_PASSWORD: "password1234" }, "ADMIN_PASSWORD: The password is too common"]
  ])("stops the start if it cannot be created: %#", ([changed, message]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(serverWith(changed as Record<string, string>))
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isFailure(exit)) assert.include(Cause.pretty(exit.cause), message as string)
    }).pipe(Effect.scoped, Effect.provide(testDatabase))
  )
})
