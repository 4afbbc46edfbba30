import { assert } from "@effect/vitest"
import type { AuditEntry } from "@kite/domain/audit/AuditEntry"
import { audit, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { sendAs, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { DateTime, Effect } from "effect"
import { SqlClient } from "effect/sql"
import fc from "fast-check"
import { csvHeader, toCsv } from "../../src/audit/AuditCsv.ts"

const exported = "/api/admin/audit/export.csv"

/** Parses RFC 4180 as a spreadsheet would. */
const parse = (text: string) => {
  const rows: Array<Array<string>> = []
  let row: Array<string> = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'))
    if (end === ",") continue
    rows.push(row)
    row = []
  }
  return rows
}

const entry = (clientIp: string, details: AuditEntry["details"] = {}): AuditEntry =>
  ({
    id: "01977a5e-8c2b-7000-8000-000000000000",
    at: DateTime.makeUnsafe(0),
    action: "login",
    actorId: null,
    subject: null,
    clientIp,
    correlationId: null,
    details
  }) as AuditEntry

suite(TestServer.layer)("the export of the audit log", (it) => {
  it.effect("is a CSV file with a header and the entries of the list, in the same order", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* signUp
      const answer = yield* sendAs(admin, `${exported}?subjectId=${user.id}`)
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.headers.get("content-type"), "text/csv; charset=utf-8; header=present")
      assert.strictEqual(answer.headers.get("content-disposition"), 'attachment; filename="audit.csv"')
      const [header, ...rows] = parse(answer.text)
      const { items } = (yield* audit(admin, { subjectId: user.id })).json
      assert.strictEqual(items.length, 2)
      assert.deepStrictEqual(
        rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [header?.[index], cell]))),
        items.map(({ subject, details, ...item }: any) => ({
          ...item,
          subjectType: subject.type,
          subjectId: subject.id,
          details: JSON.stringify(details)
        }))
      )
    })
  )

  it.effect("holds every entry of a log of many pages, once", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const admin = yield* signUpAdmin
      yield* sql`INSERT INTO audit_log (id, at, action, client_ip, details)
        SELECT uuidv7(make_interval(secs => -n)), now(), 'login', '192.0.2.77', '{}' FROM generate_series(1, 2501) AS n`
      const { text } = yield* sendAs(admin, `${exported}?clientIp=192.0.2.77`)
      const ids = parse(text)
        .slice(1)
        .map(([id]) => id)
      assert.strictEqual(new Set(ids).size, 2501)
      assert.deepStrictEqual(ids, [...ids].sort().reverse())
      assert.isTrue(text.endsWith("\r\n"))
    })
  )

  it.effect("is itself recorded; a HEAD request is not", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const head = yield* sendAs(admin, exported, { method: "HEAD" })
      assert.deepStrictEqual([head.status, head.text], [200, ""])
      assert.deepStrictEqual((yield* audit(admin, { action: "audit_exported", actorId: admin.id })).json.items, [])
      yield* sendAs(admin, exported)
      assert.strictEqual((yield* audit(admin, { action: "audit_exported", actorId: admin.id })).json.items.length, 1)
    })
  )

  it.effect("without entries is only a header", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const { text } = yield* sendAs(admin, `${exported}?to=2000-01-01T00:00:00Z`)
      assert.strictEqual(text, csvHeader)
    })
  )

  it.effect("is an error and no partial file if the log cannot be read", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const admin = yield* signUpAdmin
      yield* sql`ALTER TABLE audit_log RENAME TO audit_log_away`
      const answer = yield* sendAs(admin, exported)
      yield* sql`ALTER TABLE audit_log_away RENAME TO audit_log`
      assertProblem(answer, 500, "internal-error")
    })
  )

  it("has no cell that a spreadsheet reads as a formula, and keeps every cell's text", () => {
    const start = fc.constantFrom("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", '"', ",", "\n", "a")
    const cell = fc.tuple(start, fc.string({ unit: "binary" })).map((parts) => parts.join(""))
    fc.assert(
      fc.property(cell, (text) => {
        const [row] = parse(toCsv([entry(text, { text })]))
        assert.notMatch(row?.[6] ?? "", /^[=+\-@\t\r＝＋－＠]/)
        assert.strictEqual(row?.[6]?.replace(/^'(?=[=+\-@\t\r＝＋－＠])/, ""), text)
        assert.strictEqual(row?.[8], JSON.stringify({ text }))
      }),
      { examples: [['=HYPERLINK("http://x","y")'], ["+1"], ["-1"], ["@SUM(A1)"], ["\t=1"], ["\r=1"], ['"=1"']] }
    )
  })
})
