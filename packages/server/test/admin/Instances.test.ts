import { assert } from "@effect/vitest"
import { Email } from "@kite/domain/users/Email"
import { changeUser, forcePasswordReset, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { statusOfMe, timeToRefusal } from "@kite/testkit/accounts/Sessions"
import type { Caller } from "@kite/testkit/http/Client"
import { startInstance } from "@kite/testkit/http/Instances"
import { TestServer } from "@kite/testkit/http/TestServer"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { Sessions } from "../../src/auth/sessions/Sessions.ts"
import { Users } from "../../src/users/Users.ts"

const tokenOf = ({ authorization }: Caller) => authorization["authorization"]?.slice("Bearer ".length) ?? ""

suite(testDatabase)("an admin's action on one instance", (it) => {
  it.effect("ends access tokens on another within a second: deactivation, demotion, forced reset", () =>
    Effect.gen(function* () {
      const [here, there] = [yield* startInstance, yield* startInstance]
      const root = yield* Effect.provide(signUpAdmin, here)
      const acts = {
        deactivation: (id: string) => changeUser(root, id, { active: false }),
        demotion: (id: string) => changeUser(root, id, { role: "user" }),
        "forced reset": (id: string) => forcePasswordReset(root, id)
      }
      for (const [name, act] of Object.entries(acts)) {
        const user = yield* Effect.provide(signUpAdmin, here)
        assert.strictEqual(yield* Effect.provide(statusOfMe(tokenOf(user)), there), 200, name)
        assert.isBelow((yield* Effect.provide(act(user.id), here)).status, 300, name)
        assert.strictEqual(
          yield* Effect.provide(statusOfMe(tokenOf(user)), here),
          401,
          `${name}: at once on the instance that did it`
        )
        assert.isBelow(yield* Effect.provide(timeToRefusal(tokenOf(user)), there), 1_000, name)
      }
      assert.strictEqual(yield* Effect.provide(statusOfMe(tokenOf(root)), there), 200, "others stay")
    })
  )
})

suite(TestServer.layer)("a login in progress", (it) => {
  it.effect.each(["role = 'user'", "active = false", "password_hash = 'another'"])(
    "starts no session if the account changes meanwhile: %s",
    (change) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { id, email } = yield* signUpAdmin
        const [users, sessions] = yield* Effect.all([Users, Sessions]).pipe(
          Effect.provide(Layer.mergeAll(Users.layer, Sessions.layer))
        )
        const account = Option.getOrThrow(yield* users.findAccountByEmail(Email.make(email)))
        assert.isString((yield* sessions.start(account)).id)
        yield* sql`UPDATE users SET ${sql.literal(change)} WHERE id = ${id}`
        assert.strictEqual((yield* Effect.flip(sessions.start(account)))._tag, "InvalidCredentials")
      })
  )
})
