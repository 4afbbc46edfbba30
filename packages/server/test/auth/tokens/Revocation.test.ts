import { assert } from "@effect/vitest"
import { logIn, logOut, refresh, statusOfMe, timeToRefusal } from "@kite/testkit/accounts/Sessions"
import { eventually } from "@kite/testkit/Eventually"
import { post, send, signUp } from "@kite/testkit/http/Client"
import { killLinks, startInstance } from "@kite/testkit/http/Instances"
import { assertProblem } from "@kite/testkit/http/Problem"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` })

suite(testDatabase)("access tokens on several instances", (it) => {
  it.effect("are refused everywhere within a second of logout, logout-all, password change and reuse", () =>
    Effect.gen(function* () {
      const [here, there] = [yield* startInstance, yield* startInstance]
      const endings: Record<string, (user: Effect.Success<typeof signUp>) => Effect.Effect<unknown, never, any>> = {
        logout: (user) => logOut(user.cookie),
        "logout-all": (user) => post("/api/auth/logout-all", "", user.authorization),
        "password change in another session": (user) =>
          Effect.flatMap(logIn(user), ({ json }) =>
            post(
              "/api/auth/password",
              { currentPassword: user.password, newPassword: "a wholly new one" },
              bearer(json.accessToken)
            )
          ),
        reuse: (user) =>
          Effect.gen(function* () {
            yield* refresh(user.cookie)
            const sql = yield* SqlClient.SqlClient
            yield* Effect.orDie(sql`UPDATE refresh_tokens SET used_at = used_at - interval '1 minute'`)
            yield* refresh(user.cookie)
          })
      }
      for (const [name, end] of Object.entries(endings)) {
        const user = yield* Effect.provide(signUp, here)
        const token = user.authorization.authorization.slice("Bearer ".length)
        assert.strictEqual(yield* Effect.provide(statusOfMe(token), there), 200, name)
        yield* Effect.provide(end(user), here)
        assert.strictEqual(
          yield* Effect.provide(statusOfMe(token), here),
          401,
          `${name}: at once on the instance that did it`
        )
        assert.isBelow(yield* Effect.provide(timeToRefusal(token), there), 1_000, name)
      }
    })
  )

  it.effect("of other sessions and accounts stay valid", () =>
    Effect.gen(function* () {
      const here = yield* startInstance
      yield* Effect.gen(function* () {
        const [user, stranger] = [yield* signUp, yield* signUp]
        const other = yield* logIn(user)
        yield* logOut(user.cookie)
        assert.strictEqual(yield* statusOfMe(other.json.accessToken), 200)
        assert.strictEqual((yield* send("/api/auth/me", { headers: stranger.authorization })).status, 200)
      }).pipe(Effect.provide(here))
    })
  )

  it.effect("are refused even if the connections that announce it are killed at that moment", () =>
    Effect.gen(function* () {
      const [here, there] = [yield* startInstance, yield* startInstance]
      for (let round = 0; round < 5; round++) {
        const user = yield* Effect.provide(signUp, here)
        const token = user.authorization.authorization.slice("Bearer ".length)
        assert.strictEqual(yield* Effect.provide(statusOfMe(token), there), 200)
        yield* Effect.all([killLinks(2), Effect.provide(logOut(user.cookie), here)], { concurrency: 2 })
        yield* Effect.provide(timeToRefusal(token), there)
      }
    })
  )

  it.effect("are refused by an instance that starts after the session ended", () =>
    Effect.gen(function* () {
      const here = yield* startInstance
      const user = yield* Effect.provide(signUp, here)
      yield* Effect.provide(logOut(user.cookie), here)
      const late = yield* startInstance
      yield* Effect.provide(timeToRefusal(user.authorization.authorization.slice("Bearer ".length)), late)
    })
  )

  it.effect(
    "are refused with 503 while the announcements have been cut off for more than a second, and only then",
    () =>
      Effect.gen(function* () {
        const here = yield* startInstance
        const sql = yield* SqlClient.SqlClient
        yield* Effect.gen(function* () {
          const { authorization } = yield* signUp
          const me = send("/api/auth/me", { headers: authorization })
          const rename = (from: string, to: string) => Effect.orDie(sql`ALTER TABLE ${sql(from)} RENAME TO ${sql(to)}`)
          // The link comes back only after it has read the sessions that ended meanwhile. Nothing else of /me reads them.
          yield* Effect.acquireUseRelease(
            rename("sessions", "hidden"),
            () =>
              Effect.gen(function* () {
                yield* killLinks(1)
                assert.strictEqual((yield* me).status, 200)
                assertProblem(yield* eventually(me, ({ status }) => status !== 200, "5 seconds"), 503, "unavailable")
              }),
            () => rename("hidden", "sessions")
          )
          yield* eventually(me, ({ status }) => status === 200, "10 seconds")
        }).pipe(Effect.provide(here))
      })
  )
})
