import { assert } from "@effect/vitest"
import {
  audit,
  changeUser,
  createUser,
  forcePasswordReset,
  invite,
  revokeInvite,
  signUpAdmin
} from "@kite/testkit/accounts/Admins"
import { setText } from "@kite/testkit/documents/Rows"
import { type Answer, type Caller, send, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { endpoints, pathOf } from "@kite/testkit/http/Endpoints"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { inviteTokenOf, nextMailTo } from "@kite/testkit/mail/Mails"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"

const unknown = "01977a5e-8c2b-7000-8000-000000000000"
const adminEndpoints = endpoints.filter(({ path }) => path.startsWith("/api/admin"))

/** Members that no response to an admin may have, at any depth, in any spelling. */
const forbidden =
  /pass(word)?(?!_reset)|hash|sha|secret|token|cookie|content(?!Type)|^text|pages?$|filename|object_?key|search/i

const membersOf = (value: unknown): ReadonlyArray<string> =>
  typeof value === "object" && value !== null
    ? [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(membersOf)]
    : []

const filename = "hidden-name.txt"
const content = "hidden words of a document"

/** A user with a document, its text, open and ended sessions, and every change that an admin can make. */
const busyUser = Effect.fnUntraced(function* (admin: Caller) {
  const user = yield* signUp
  const { json: document } = yield* upload(user, content, filename)
  yield* setText(document.id, [content])
  yield* changeUser(admin, user.id, { limitBytes: 10 })
  yield* forcePasswordReset(admin, user.id)
  return { ...user, document }
})

suite(TestServer.layer)("an admin", (it) => {
  it.effect("never gets a document's content, a password, a token or a hash from any endpoint", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* busyUser(admin)
      const password = "up, up and away 9"
      const created = yield* createUser(admin, { email: "confidential@example.org", password })
      const invited = yield* invite(admin, { email: "invited@example.org" })
      const token = inviteTokenOf(yield* nextMailTo("invited@example.org"))
      const answers: Record<string, Answer> = {
        "POST /api/admin/invites": invited,
        "GET /api/admin/invites": yield* sendAs(admin, "/api/admin/invites"),
        "DELETE /api/admin/invites/:id": yield* revokeInvite(admin, invited.json.id),
        "GET /api/admin/users": yield* sendAs(admin, "/api/admin/users?limit=100"),
        "POST /api/admin/users": created,
        "PATCH /api/admin/users/:id": yield* changeUser(admin, user.id, { limitBytes: 5 }),
        "POST /api/admin/users/:id/password-reset": yield* forcePasswordReset(admin, user.id),
        "GET /api/admin/audit": yield* audit(admin, { limit: "100" }),
        "GET /api/admin/audit/export.csv": yield* sendAs(admin, "/api/admin/audit/export.csv")
      }
      assert.deepStrictEqual(
        Object.keys(answers).sort(),
        adminEndpoints.map(({ method, path }) => `${method} ${path}`).sort(),
        "every endpoint is covered"
      )
      const secrets = [
        filename,
        content,
        user.document.sha256,
        user.password,
        password,
        user.cookie.split("=")[1] ?? "-",
        token,
        "argon2"
      ]
      for (const [name, { status, json, text }] of Object.entries(answers)) {
        assert.isBelow(status, 300, name)
        assert.deepStrictEqual(
          membersOf(json).filter((member) => forbidden.test(member)),
          [],
          name
        )
        for (const secret of secrets) assert.notInclude(text, secret, name)
      }
      assert.include(answers["GET /api/admin/audit"]?.text, user.document.id, "the log names the document")
    })
  )

  it.effect("is promised none of them by the contract", () =>
    Effect.gen(function* () {
      const { json } = yield* send("/openapi.json")
      const resolve = (schema: any, seen: ReadonlyArray<string> = []): ReadonlyArray<string> => {
        if (typeof schema !== "object" || schema === null) return []
        const { $ref } = schema
        if (typeof $ref === "string") {
          if (seen.includes($ref)) return []
          return resolve(json.components.schemas[$ref.split("/").at(-1) ?? ""], [...seen, $ref])
        }
        const own = Object.keys(schema.properties ?? {})
        return [...own, ...Object.values(schema).flatMap((value) => resolve(value, seen))]
      }
      for (const { method, path } of adminEndpoints) {
        const { responses } = json.paths[path.replace(":id", "{id}")][method.toLowerCase()]
        const members = Object.entries<any>(responses).flatMap(([status, { content }]) =>
          status.startsWith("2") ? resolve(content) : []
        )
        const returnsJson = path.endsWith("/users") || path.endsWith("/audit")
        if (returnsJson) assert.include(members, "id", "the schemas are found")
        assert.deepStrictEqual(
          members.filter((member) => forbidden.test(member)),
          [],
          `${method} ${path}`
        )
      }
    })
  )

  it.effect("cannot read documents of others: 404, as for everybody", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const owner = yield* signUp
      const { json: document } = yield* upload(owner, content, filename)
      for (const { method, path } of endpoints.filter(({ path }) => path.startsWith("/api/documents/:id"))) {
        const init =
          method === "PATCH" ? { headers: { "content-type": "application/json" }, body: `{"filename":"x"}` } : {}
        assertProblem(yield* sendAs(admin, path.replace(":id", document.id), { method, ...init }), 404, "not-found")
      }
      assert.deepStrictEqual((yield* sendAs(admin, "/api/documents")).json.items, [])
    })
  )

  it.effect.each(adminEndpoints)("may call $method $path; everybody else gets 403, whatever the request", (endpoint) =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { method } = endpoint
      for (const path of [pathOf(endpoint, unknown), pathOf(endpoint, user.id), pathOf(endpoint, "no-id")]) {
        for (const body of method === "GET"
          ? [undefined]
          : ["{}", "{", `{"role":"admin","active":true,"limitBytes":1}`]) {
          const init = body === undefined ? {} : { body, headers: { "content-type": "application/json" } }
          assertProblem(yield* sendAs(user, path, { method, ...init }), 403, "forbidden", path)
        }
      }
      assert.strictEqual((yield* sendAs(user, "/api/auth/me")).json.role, "user")
    })
  )
})
