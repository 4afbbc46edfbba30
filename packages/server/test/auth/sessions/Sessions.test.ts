import { assert } from "@effect/vitest"
import { UserId } from "@kite/domain/users/User"
import { Sessions } from "@kite/server/auth/sessions/Sessions"
import { RevokedSessions } from "@kite/server/auth/tokens/RevokedSessions"
import { logIn, refresh, statusOfMe, timeToRefusal } from "@kite/testkit/accounts/Sessions"
import { signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { claimsOf } from "../tokens/Forgery.ts"

/** Another instance beside the server: it ends sessions, the server learns of them. */
const instance = Layer.mergeAll(Sessions.layer, RevokedSessions.layer).pipe(Layer.provideMerge(TestServer.layer))

const sessionOf = (accessToken: string) => {
  const { sid, iat } = claimsOf(accessToken)
  return { sid: sid as string, iat: iat as number }
}

const loggedIn = Effect.gen(function* () {
  const user = yield* signUp
  const token = user.authorization.authorization.slice("Bearer ".length)
  return { ...user, userId: UserId.make(user.id), token, ...sessionOf(token) }
})

/** PostgreSQL announces in the order of the commits: after this, the server knows of everything that was announced before. */
const awaitAnnouncements = Effect.gen(function* () {
  const sessions = yield* Sessions
  const last = yield* loggedIn
  yield* sessions.endAll(last.userId)
  yield* timeToRefusal(last.token)
})

suite(instance)("ending all sessions of an account", (it) => {
  it.effect("revokes their access tokens in the same step: here at once, on other instances soon after", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [sessions, revoked] = [yield* Sessions, yield* RevokedSessions]
      const { userId, cookie, token, sid, iat } = yield* loggedIn
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* sessions.endAll(userId)
          assert.isFalse(yield* revoked.has(sid, iat), "not before the commit")
        })
      )
      assert.isTrue(yield* revoked.has(sid, iat))
      yield* timeToRefusal(token)
      assert.strictEqual((yield* refresh(cookie)).status, 401)
    })
  )

  it.effect("spares the session that is excepted, and those of other accounts", () =>
    Effect.gen(function* () {
      const [sessions, revoked] = [yield* Sessions, yield* RevokedSessions]
      const [user, stranger] = [yield* loggedIn, yield* loggedIn]
      const other = sessionOf((yield* logIn(user)).json.accessToken)
      yield* sessions.endAll(user.userId, user.sid)
      assert.isTrue(yield* revoked.has(other.sid, other.iat))
      for (const { sid, iat, cookie } of [user, stranger]) {
        assert.isFalse(yield* revoked.has(sid, iat))
        assert.strictEqual((yield* refresh(cookie)).status, 200)
      }
    })
  )

  it.effect("ends nothing, on no instance, when the surrounding transaction is rolled back", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [sessions, revoked] = [yield* Sessions, yield* RevokedSessions]
      const user = yield* loggedIn
      const endThenFail = Effect.andThen(sessions.endAll(user.userId), Effect.fail("rolled back" as const))
      assert.strictEqual(yield* Effect.flip(sql.withTransaction(endThenFail)), "rolled back")
      const inSavepoint = sql.withTransaction(Effect.ignore(sql.withTransaction(endThenFail)))
      yield* inSavepoint
      yield* awaitAnnouncements
      assert.isFalse(yield* revoked.has(user.sid, user.iat))
      assert.strictEqual(yield* statusOfMe(user.token), 200)
      assert.strictEqual((yield* refresh(user.cookie)).status, 200)
    })
  )
})
