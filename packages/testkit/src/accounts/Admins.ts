import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { type Answer, type Caller, post, sendAs, signUp } from "../http/Client.ts"

const json = { "content-type": "application/json" }

/** Registers a new account, makes it an admin and logs in. */
export const signUpAdmin = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const user = yield* signUp
  yield* Effect.orDie(sql`UPDATE users SET role = 'admin' WHERE id = ${user.id}`)
  return yield* logInAs(user)
})

export const logInAs = <User extends { readonly email: string; readonly password: string }>(user: User) =>
  Effect.map(post("/api/auth/login", { email: user.email, password: user.password }), (answer) => ({
    ...user,
    authorization: { authorization: `Bearer ${answer.json.accessToken}` }
  }))

export const createUser = (admin: Caller, user: unknown) =>
  sendAs(admin, "/api/admin/users", { method: "POST", headers: json, body: JSON.stringify(user) })

export const changeUser = (admin: Caller, id: string, change: unknown) =>
  sendAs(admin, `/api/admin/users/${id}`, { method: "PATCH", headers: json, body: JSON.stringify(change) })

export const forcePasswordReset = (admin: Caller, id: string) =>
  sendAs(admin, `/api/admin/users/${id}/password-reset`, { method: "POST" })

export const invite = (admin: Caller, invited: unknown) =>
  sendAs(admin, "/api/admin/invites", { method: "POST", headers: json, body: JSON.stringify(invited) })

export const revokeInvite = (admin: Caller, id: string) =>
  sendAs(admin, `/api/admin/invites/${id}`, { method: "DELETE" })

export const audit = (admin: Caller, query: Readonly<Record<string, string>> = {}) =>
  sendAs(admin, `/api/admin/audit?${new URLSearchParams(query)}`)

/** The actions of the audit entries about this account or document, oldest first. */
export const actionsOn = (admin: Caller, subjectId: string) =>
  Effect.map(audit(admin, { subjectId, limit: "100" }), ({ json: { items } }: Answer) =>
    items.map(({ action }: { action: string }) => action).reverse()
  )
