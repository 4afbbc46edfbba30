import { assert } from "@effect/vitest"
import { signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import type { Session } from "../src/Contract.ts"
import { isProblem } from "../src/Problem.ts"
import { interceptedKite, jsonOf, problem } from "./Faults.ts"

/** A logged-in client of a new account. `change` changes the session that the login returns; a refresh waits for `gate`. */
const loggedIn = (change: Partial<Session> = {}, gate = Promise.resolve()) =>
  Effect.gen(function* () {
    const { url } = yield* TestServer
    const { email, password } = yield* signUp
    const { kite, sent } = interceptedKite(url, async ({ path }, pass) => {
      if (path === "/api/auth/refresh") await gate
      const response = await pass()
      if (path !== "/api/auth/login" || !response.ok) return response
      const changed = jsonOf({ ...((await response.json()) as Session), ...change })
      for (const cookie of response.headers.getSetCookie()) changed.headers.append("set-cookie", cookie)
      return changed
    })
    yield* Effect.promise(() => kite.login({ email, password }))
    const count = (path: string) => sent.filter((request) => request.path === path).length
    return { kite, sent, email, password, refreshes: () => count("/api/auth/refresh") }
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

  it.effect("continues if one of the calls that wait for its renewal is aborted", () =>
    Effect.gen(function* () {
      let open = () => {}
      const gate = new Promise<void>((resolve) => {
        open = resolve
      })
      const { kite, email, refreshes } = yield* loggedIn({ expiresIn: 1 }, gate)
      const controller = new AbortController()
      const aborted = failureOf(kite.me({ signal: controller.signal }))
      const patient = kite.me()
      controller.abort("enough")
      assert.strictEqual(yield* aborted, "enough")
      open()
      assert.strictEqual((yield* Effect.promise(() => patient)).email, email)
      assert.strictEqual(refreshes(), 1)
    })
  )

  it.effect("is over after logout, without another use of its token", () =>
    Effect.gen(function* () {
      const { kite, sent } = yield* loggedIn()
      yield* Effect.promise(() => kite.logout())
      assert.isTrue(isProblem(yield* failureOf(kite.me()), "urn:kite:problem:invalid-session"))
      assert.deepStrictEqual(
        sent.map(({ path }) => path),
        ["/api/auth/login", "/api/auth/logout", "/api/auth/refresh"]
      )
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

  it.effect("is renewed by a later call if a refresh fails", () =>
    Effect.gen(function* () {
      let isDown = true
      const { url } = yield* TestServer
      const { email, password } = yield* signUp
      const { kite } = interceptedKite(url, ({ path }, pass) =>
        isDown && path === "/api/auth/refresh" ? problem("internal-error", 500) : pass()
      )
      const guest = yield* failureOf(kite.me())
      assert.isTrue(isProblem(guest, "urn:kite:problem:internal-error"))
      isDown = false
      assert.isTrue(isProblem(yield* failureOf(kite.me()), "urn:kite:problem:invalid-session"))
      yield* Effect.promise(() => kite.login({ email, password }))
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
