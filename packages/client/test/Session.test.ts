import { assert } from "@effect/vitest"
import { signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import type { Session } from "../src/Contract.ts"
import { isProblem } from "../src/Problem.ts"
import { interceptedKite, jsonOf, problem } from "./Faults.ts"

/** A logged-in client of a new account. `change` changes the session that the login returns. */
const loggedIn = (change: Partial<Session> = {}) =>
  Effect.gen(function* () {
    const { url } = yield* TestServer
    const { email, password } = yield* signUp
    const { kite, sent } = interceptedKite(url, async ({ path }, pass) => {
      const response = await pass()
      if (path !== "/api/auth/login" || !response.ok) return response
      const changed = jsonOf({ ...((await response.json()) as Session), ...change })
      for (const cookie of response.headers.getSetCookie()) changed.headers.append("set-cookie", cookie)
      return changed
    })
    yield* Effect.promise(() => kite.login({ email, password }))
    const count = (path: string) => sent.filter((request) => request.path === path).length
    return { kite, email, password, refreshes: () => count("/api/auth/refresh") }
  })

const failureOf = (call: Promise<unknown>) => {
  const failure = call.then(
    () => undefined,
    (error: unknown) => error
  )
  return Effect.promise(() => failure)
}

suite(TestServer.layer)("a session", (it) => {
  it.effect("serves many calls with one token", () =>
    Effect.gen(function* () {
      const { kite, email, refreshes } = yield* loggedIn()
      assert.strictEqual((yield* Effect.promise(() => kite.me())).email, email)
      yield* Effect.promise(() => kite.me())
      assert.strictEqual(refreshes(), 0)
    })
  )

  it.effect("is renewed before the token ends, once for all calls that need it", () =>
    Effect.gen(function* () {
      const { kite, email, refreshes } = yield* loggedIn({ expiresIn: 1 })
      const accounts = yield* Effect.promise(() => Promise.all([kite.me(), kite.me(), kite.me()]))
      assert.deepStrictEqual(new Set(accounts.map((account) => account.email)), new Set([email]))
      assert.strictEqual(refreshes(), 1)
    })
  )

  it.effect("is renewed if kite does not accept the token, once for all calls that need it", () =>
    Effect.gen(function* () {
      const { kite, refreshes } = yield* loggedIn({ accessToken: "revoked" })
      yield* Effect.promise(() => Promise.all([kite.me(), kite.me(), kite.upload(new Blob(["hello"]))]))
      assert.strictEqual(refreshes(), 1)
    })
  )

  it.effect("continues if a call that waits for its renewal is aborted", () =>
    Effect.gen(function* () {
      const { kite, refreshes } = yield* loggedIn({ expiresIn: 1 })
      const aborted = failureOf(kite.me({ signal: AbortSignal.abort("enough") }))
      yield* Effect.promise(() => kite.me())
      assert.strictEqual(yield* aborted, "enough")
      assert.strictEqual(refreshes(), 1)
    })
  )

  it.effect("is over after logout", () =>
    Effect.gen(function* () {
      const { kite } = yield* loggedIn()
      yield* Effect.promise(() => kite.logout())
      assert.isTrue(isProblem(yield* failureOf(kite.me()), "urn:kite:problem:invalid-session"))
    })
  )

  it.effect("of another account can follow", () =>
    Effect.gen(function* () {
      const { kite } = yield* loggedIn()
      const { email, password } = yield* signUp
      yield* Effect.promise(() => kite.login({ email, password }))
      assert.strictEqual((yield* Effect.promise(() => kite.me())).email, email)
    })
  )

  it.effect("does not begin with a wrong password", () =>
    Effect.gen(function* () {
      const { kite, email } = yield* loggedIn()
      const error = yield* failureOf(kite.login({ email, password: "not the password" }))
      assert.isTrue(isProblem(error, "urn:kite:problem:invalid-credentials"))
    })
  )

  it.effect("is renewed again after a refresh that failed", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const { email, password } = yield* signUp
      let down = false
      const { kite } = interceptedKite(url, (_sent, pass) => (down ? problem("internal-error", 500) : pass()))
      yield* Effect.promise(() => kite.login({ email, password }))
      down = true
      assert.isTrue(isProblem(yield* failureOf(kite.me()), "urn:kite:problem:internal-error"))
      down = false
      assert.strictEqual((yield* Effect.promise(() => kite.me())).email, email)
    })
  )
})

suite(TestServer.layerWith({ PUBLIC_URL: "https://kite.example.org" }))("a server with a PUBLIC_URL", (it) => {
  it.effect("renews the session of a client that has its origin", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const { email, password } = yield* signUp
      const { kite } = interceptedKite(url, (_sent, pass) => pass(), { origin: "https://kite.example.org" })
      yield* Effect.promise(() => kite.login({ email, password }))
      yield* Effect.promise(() => kite.logout())
      const { kite: foreign } = interceptedKite(url, (_sent, pass) => pass())
      const error = yield* failureOf(foreign.login({ email, password }))
      assert.isTrue(isProblem(error, "urn:kite:problem:foreign-origin"))
    })
  )
})
