import { assert } from "@effect/vitest"
import { firstIdAt, millisOf } from "@kite/domain/UuidV7"
import { audit, signUpAdmin } from "@kite/testkit/accounts/Admins"
import type { Answer, Caller } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Array as Arr, Effect } from "effect"
import { SqlClient } from "effect/sql"

const actor = "01977a5e-8c2b-7000-8000-00000000000a"
const subject = "01977a5e-8c2b-7000-8000-00000000000b"
const day = (n: number) => Date.UTC(2025, 0, n)

/** Inserts old entries, one per minute of that day. */
const insert = Effect.fnUntraced(function* (n: number, count: number, columns: Record<string, string> = {}) {
  const sql = yield* SqlClient.SqlClient
  const rows = Arr.makeBy(count, (minute) => {
    const millis = day(n) + minute * 60_000
    const id = firstIdAt(millis).replace(/0{12}$/, String(n).padStart(12, "0"))
    return { id, at: new Date(millis), action: "login", details: "{}", ...columns }
  })
  yield* sql`INSERT INTO audit_log ${sql.insert(rows)}`
  return Arr.reverse(rows).map(({ id }) => id)
})

const walk = Effect.fnUntraced(function* (admin: Caller, query: Record<string, string>) {
  const ids: Array<string> = []
  let cursor: string | null = ""
  while (cursor !== null) {
    const page: Answer = yield* audit(admin, cursor === "" ? query : { ...query, cursor })
    assert.strictEqual(page.status, 200, page.text)
    ids.push(...page.json.items.map(({ id }: { id: string }) => id))
    cursor = page.json.nextCursor
  }
  return ids
})

const between = (from: number, to: number) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString()
})

suite(TestServer.layer)("the audit log, to an admin", (it) => {
  it.effect("is listed newest first, each entry once", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const ids = yield* insert(1, 23)
      const walked = yield* walk(admin, { limit: "5", to: new Date(day(2)).toISOString() })
      assert.deepStrictEqual(walked, ids)
      assert.deepStrictEqual((yield* audit(admin, { to: new Date(day(1)).toISOString() })).json, {
        items: [],
        nextCursor: null
      })
    })
  )

  it.effect("returns fifty entries by default, a hundred at most", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      yield* insert(3, 60)
      assert.strictEqual((yield* audit(admin, between(day(3), day(4)))).json.items.length, 50)
      for (const limit of ["0", "101", "1.5", "x"])
        assertProblem(yield* audit(admin, { limit }), 400, "invalid-request")
    })
  )

  it.effect("returns the entries that match every filter, and no others", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      yield* insert(5, 3)
      const own = yield* insert(6, 2, {
        actorId: actor,
        subjectType: "user",
        subjectId: subject,
        clientIp: "2001:db8::1"
      })
      const rare = yield* insert(7, 1, { action: "token_reuse", subjectType: "user", subjectId: subject })
      const range = between(day(5), day(8))
      const cases: ReadonlyArray<readonly [Record<string, string>, ReadonlyArray<string>]> = [
        [{ actorId: actor }, own],
        [{ actorId: actor.toUpperCase() }, own],
        [{ subjectId: subject }, [...rare, ...own]],
        [{ subjectId: subject, action: "login" }, own],
        [{ action: "token_reuse" }, rare],
        [{ clientIp: "2001:db8::1" }, own],
        [{ clientIp: "2001:0DB8:0::1" }, own],
        [{ clientIp: "2001:db8::2" }, []],
        [{ actorId: subject }, []],
        [between(day(6), day(7)), own],
        [{ from: new Date(day(6) + 60_000).toISOString(), to: new Date(day(7)).toISOString() }, own.slice(0, 1)],
        [{ from: new Date(day(6)).toISOString(), to: new Date(day(6) + 60_000).toISOString() }, own.slice(1)]
      ]
      for (const [query, expected] of cases) {
        assert.deepStrictEqual(yield* walk(admin, { ...range, limit: "2", ...query }), expected, JSON.stringify(query))
      }
    })
  )

  it.effect("refuses an invalid filter, and says which one", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const wrong = {
        action: ["LOGIN", "drop table", ""],
        actorId: ["me", "' OR 1=1 --"],
        subjectId: ["x"],
        clientIp: ["localhost", "1.2.3", "10.0.0.0/8"],
        from: ["yesterday", "2025-01-01", "2025-13-01T00:00:00Z", "-1", "+275760-09-13T00:00:00Z"],
        to: ["2025-01-01T00:00:00+01:00"],
        cursor: ["x", "bGFzdA"]
      }
      for (const [name, values] of Object.entries(wrong)) {
        for (const value of values) {
          const answer = yield* audit(admin, { [name]: value })
          assertProblem(answer, 400, "invalid-request")
          assert.deepStrictEqual(answer.json.errors[0].path, ["query", name], value)
        }
      }
      for (const time of ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]) {
        assert.strictEqual((yield* audit(admin, { from: time, to: time })).status, 200, time)
      }
    })
  )

  it.effect("uses an index for each filter, however rare the matches are", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`
        INSERT INTO audit_log (id, at, action, actor_id, subject_type, subject_id, client_ip, details)
        SELECT uuidv7(make_interval(secs => n)), now(), 'register', u, 'user', u, '192.0.2.' || n % 200, '{}'
        FROM (SELECT n, gen_random_uuid() AS u FROM generate_series(1, 30000) AS n) AS flood`
      yield* sql`ANALYZE audit_log`
      const filters = [
        sql`action = 'token_reuse'`,
        sql`actor_id = ${actor}`,
        sql`subject_id = ${subject}`,
        sql`client_ip = '2001:db8::1'`,
        sql`id < ${firstIdAt(day(2))}`
      ]
      for (const filter of filters) {
        const plan = yield* sql`EXPLAIN (ANALYZE, BUFFERS OFF, FORMAT JSON)
          SELECT id FROM audit_log WHERE ${filter} ORDER BY id DESC LIMIT 51`
        const text = JSON.stringify(plan)
        assert.notInclude(text, "Seq Scan", text)
        const removed = [...text.matchAll(/Rows Removed by Filter":(\d+)/g)].map(([, rows]) => Number(rows))
        assert.isEmpty(
          removed.filter((rows) => rows > 100),
          text
        )
      }
    })
  )

  it("derives times from ids and back", () => {
    for (const millis of [0, 1, day(1), Date.UTC(9999, 11, 31), 2 ** 48 - 1])
      assert.strictEqual(millisOf(firstIdAt(millis)), millis)
    assert.strictEqual(millisOf(firstIdAt(-1)), 0)
    assert.strictEqual(millisOf(firstIdAt(8.64e15)), 2 ** 48 - 1)
  })
})
