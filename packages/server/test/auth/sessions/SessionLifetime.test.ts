import { assert } from "@effect/vitest"
import { removeExpired } from "@kite/server/auth/sessions/ExpiredSessions"
import { logIn, refresh } from "@kite/testkit/accounts/Sessions"
import { signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const shortLived = TestServer.layerWith({ REFRESH_TOKEN_LIFETIME: "2h" })

suite(shortLived)("a session", (it) => {
  it.effect("lasts for REFRESH_TOKEN_LIFETIME, refreshed or not", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      for (const answer of [yield* logIn(user), yield* refresh(user.cookie)]) {
        const [, expires = ""] = /Expires=([^;]+)/.exec(answer.headers.getSetCookie()[0] ?? "") ?? []
        assert.closeTo((Date.parse(expires) - Date.now()) / 3_600_000, 2, 0.01)
      }
    })
  )

  it.effect("is removed with its tokens a day after it expired; others stay", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [old, live] = [yield* signUp, yield* signUp]
      yield* sql`UPDATE sessions SET expires_at = now() - interval '25 hours' WHERE user_id = ${old.id}`
      yield* removeExpired
      const left = yield* sql<{ userId: string }>`
        SELECT DISTINCT s.user_id FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id
        WHERE s.user_id IN (${old.id}, ${live.id})`
      assert.deepStrictEqual(left, [{ userId: live.id }])
    })
  )
})
