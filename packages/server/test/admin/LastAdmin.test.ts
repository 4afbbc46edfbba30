import { assert } from "@effect/vitest"
import { changeUser, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { logIn } from "@kite/testkit/accounts/Sessions"
import { eventually } from "@kite/testkit/Eventually"
import { signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Deferred, Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"

const demoteAll = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`UPDATE users SET role = 'user'`)
const activeAdmins = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ id: string }>`SELECT id FROM users WHERE role = 'admin' AND active`
)

const waitingForLocks = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.andThen(
    sql`SELECT pg_stat_clear_snapshot()`,
    sql<{ count: number }>`SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND datname = current_database()`
  )
)
const untilWaiting = (count: number) => eventually(waitingForLocks, ([row]) => row?.count === count)

/** A transaction that runs the statement, says so, and commits when it is told to. */
const openTransaction = Effect.fnUntraced(function* (statement: Effect.Effect<unknown, SqlError, SqlClient.SqlClient>) {
  const sql = yield* SqlClient.SqlClient
  const [ran, commit] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  const fiber = yield* Effect.forkChild(
    sql.withTransaction(
      statement.pipe(Effect.andThen(Deferred.succeed(ran, undefined)), Effect.andThen(Deferred.await(commit)))
    )
  )
  return {
    ran: Deferred.await(ran),
    commit: Effect.andThen(Deferred.succeed(commit, undefined), Fiber.join(fiber))
  }
})

suite(TestServer.layer)("the last active admin", (it) => {
  it.effect("cannot be deactivated or demoted", () =>
    Effect.gen(function* () {
      yield* demoteAll
      const admin = yield* signUpAdmin
      for (const change of [{ active: false }, { role: "user" }, { role: "user", active: false, limitBytes: 1 }]) {
        assertProblem(yield* changeUser(admin, admin.id, change), 409, "last-admin")
      }
      const { json } = yield* changeUser(admin, admin.id, { active: true, role: "admin", limitBytes: 5 })
      assert.deepInclude(json, { active: true, role: "admin" })
      assert.strictEqual(json.quota.limitBytes, 5, "a refused change changes nothing, an accepted one does")
    })
  )

  it.effect("is protected even if there are deactivated admins", () =>
    Effect.gen(function* () {
      yield* demoteAll
      const [admin, other] = [yield* signUpAdmin, yield* signUpAdmin]
      assert.strictEqual((yield* changeUser(admin, other.id, { active: false })).status, 200)
      assertProblem(yield* changeUser(admin, admin.id, { active: false }), 409, "last-admin")
      assert.strictEqual((yield* changeUser(admin, other.id, { role: "user" })).status, 200)
    })
  )

  it.effect("can be deactivated once there is another", () =>
    Effect.gen(function* () {
      yield* demoteAll
      const admin = yield* signUpAdmin
      const user = yield* signUp
      yield* changeUser(admin, user.id, { role: "admin" })
      assert.strictEqual((yield* changeUser(admin, admin.id, { active: false })).status, 200)
      assert.strictEqual((yield* logIn(user)).json.user.role, "admin")
    })
  )

  it.effect("remains when all admins deactivate each other and themselves concurrently", () =>
    Effect.gen(function* () {
      for (let round = 0; round < 10; round++) {
        yield* demoteAll
        const admins = [yield* signUpAdmin, yield* signUpAdmin, yield* signUpAdmin]
        const changes = admins.flatMap((admin, index) => {
          const next = admins[(index + 1) % admins.length] ?? admin
          const change = round % 2 === 0 ? { active: false } : { role: "user" }
          return [changeUser(admin, next.id, change), changeUser(next, next.id, change)]
        })
        const answers = yield* Effect.all(changes, { concurrency: "unbounded" })
        const statuses = answers.map(({ status }) => status)
        assert.isEmpty(
          statuses.filter((status) => ![200, 401, 409].includes(status)),
          String(statuses)
        )
        assert.strictEqual((yield* activeAdmins).length, 1, String(statuses))
      }
    })
  )

  it.effect("remains when two requests for two admins are concurrent: one gets a 409", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* demoteAll
      const [one, two] = [yield* signUpAdmin, yield* signUpAdmin]
      const both = Effect.all(
        [changeUser(one, one.id, { active: false }), changeUser(two, two.id, { active: false })],
        {
          concurrency: 2
        }
      )
      // Both must be authenticated and waiting for the lock, so that neither is decided yet.
      const fiber = yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`SELECT id FROM users WHERE role = 'admin' FOR UPDATE`
          const requests = yield* Effect.forkDetach(both)
          yield* untilWaiting(2)
          return requests
        })
      )
      const statuses = (yield* Fiber.join(fiber)).map(({ status }) => status)
      assert.deepStrictEqual(statuses.sort(), [200, 409])
    })
  )

  it.effect("does not make a change wait for one that waits for it, when an admin is deactivated meanwhile", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* demoteAll
      const [first, second, third] = [yield* signUpAdmin, yield* signUpAdmin, yield* signUpAdmin]
      const lock = (id: string) => sql`SELECT 1 FROM users WHERE id = ${id} FOR UPDATE`
      const deactivating = yield* openTransaction(sql`UPDATE users SET active = false WHERE id = ${first.id}`)
      yield* deactivating.ran
      const holdingFirst = yield* openTransaction(lock(first.id))
      yield* untilWaiting(1)
      const holdingSecond = yield* openTransaction(lock(second.id))
      yield* holdingSecond.ran
      const older = yield* Effect.forkChild(changeUser(third, second.id, { active: false }))
      yield* untilWaiting(2)
      yield* deactivating.commit
      yield* holdingFirst.ran
      // It sees that the first is no longer active, and changes that account.
      const younger = yield* Effect.forkChild(changeUser(third, first.id, { role: "user" }))
      yield* untilWaiting(2)
      yield* holdingFirst.commit
      yield* holdingSecond.commit
      assert.deepStrictEqual([(yield* Fiber.join(older)).status, (yield* Fiber.join(younger)).status], [200, 200])
    })
  )
})
