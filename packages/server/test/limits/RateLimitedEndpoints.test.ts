import { assert, describe, it } from "@effect/vitest"
import { Array, Effect } from "effect"
import { parseList } from "structured-headers"
import { type CallResponse, call, proxy, statuses } from "./Caller.ts"
import { LimitedServer, limit, rightPassword } from "./LimitedServer.ts"

const user = "01890a5d-ac96-774b-bcce-b302099a8057"
const other = "01890a5d-ac96-774b-bcce-b302099a8058"
const from = (address: string) => ({ from: proxy, forwardedFor: [address] })
const login = (email: string, address: string, password = "wrong") =>
  call("/login", { ...from(address), body: JSON.stringify({ email, password }) })

const names = (response: CallResponse, header: string) =>
  parseList(String(response.headers[header] ?? "")).map(([name]) => String(name))

const live = (name: string, test: () => Effect.Effect<void, never, LimitedServer>) =>
  it.live(name, () => Effect.provide(test(), LimitedServer.layer))

describe("an endpoint limited by address and e-mail", () => {
  live(
    "refuses guesses at one account from many addresses",
    Effect.fnUntraced(function* () {
      const guesses = Array.makeBy(5, (n) => login("ada@example.org", `203.0.113.${n}`))
      assert.deepStrictEqual(yield* statuses(guesses), [401, 401, 401, 429, 429])
      const refused = yield* login(" ADA@Example.org ", "198.51.100.1")
      assert.strictEqual(refused.status, 429)
      assert.deepStrictEqual(JSON.parse(refused.body)["violated-policies"], ["login-account"])
      assert.strictEqual((yield* login("grace@example.org", "198.51.100.1")).status, 401)
    })
  )

  live(
    "refuses one address that tries many accounts, and charges no account for the refusals",
    Effect.fnUntraced(function* () {
      const tries = Array.makeBy(7, (n) => login(`user${n}@example.org`, "203.0.113.9"))
      assert.deepStrictEqual(yield* statuses(tries), [401, 401, 401, 401, 401, 429, 429])
      const elsewhere = yield* login("user6@example.org", "198.51.100.1")
      assert.include(String(elsewhere.headers.ratelimit), '"login-account";r=2')
    })
  )

  live(
    "counts a body without an e-mail or without a password only by address",
    Effect.fnUntraced(function* () {
      for (const body of [
        "",
        "{",
        "[]",
        '{"email":7}',
        '{"email":"{}","password":"x"}',
        '{"email":"ada@example.org"}',
        "\u0000"
      ]) {
        const response = yield* call("/login", { ...from("203.0.113.9"), body })
        assert.deepStrictEqual(names(response, "ratelimit"), ["auth-ip"])
        assert.oneOf(response.status, [200, 400, 429])
      }
      assert.strictEqual((yield* login("ada@example.org", "203.0.113.9")).status, 429)
    })
  )
})

describe("a policy that counts failures", () => {
  live(
    "does not count a right password, which clears the wrong ones before it",
    Effect.fnUntraced(function* () {
      const right = (n: number) => login("ada@example.org", `203.0.113.${n}`, rightPassword)
      assert.deepStrictEqual(yield* statuses(Array.makeBy(20, right)), Array.replicate(200, 20))
      const wrong = (n: number) => login("ada@example.org", `198.51.100.${n}`)
      assert.deepStrictEqual(yield* statuses([wrong(1), wrong(2), right(30)]), [401, 401, 200])
      assert.deepStrictEqual(yield* statuses([wrong(3), wrong(4), wrong(5), wrong(6)]), [401, 401, 401, 429])
    })
  )

  live(
    "counts concurrent guesses, and never admits more of them than the limit",
    Effect.fnUntraced(function* () {
      const guesses = Array.makeBy(30, (n) => login("ada@example.org", `203.0.113.${n}`))
      const responses = yield* Effect.all(guesses, { concurrency: "unbounded" })
      assert.lengthOf(
        responses.filter(({ status }) => status === 401),
        limit
      )
    })
  )
})

describe("an IPv6 client", () => {
  const admittedFrom = (addresses: ReadonlyArray<string>) =>
    Effect.map(
      statuses(addresses.map((address) => call("/ip", from(address)))),
      (all) => all.filter((status) => status === 200).length
    )

  live(
    "gets no more than four limits with a /56, and sixteen with a /48",
    Effect.fnUntraced(function* () {
      const within56 = Array.makeBy(10 * limit, (n) => `2001:db8:1:${(n % 256).toString(16)}::1`)
      assert.strictEqual(yield* admittedFrom(within56), 4 * limit)
      const within48 = Array.makeBy(20 * limit, (n) => `2001:db8:1:${n.toString(16).padStart(2, "0")}00::1`)
      assert.strictEqual(yield* admittedFrom(within48), 16 * limit - 4 * limit)
      assert.strictEqual(yield* admittedFrom(["2001:db8:2::1"]), 1)
    })
  )

  live(
    "is told the tightest of its networks, once per policy",
    Effect.fnUntraced(function* () {
      const { headers } = yield* call("/ip", from("2001:db8:1:2::1"))
      assert.strictEqual(headers["ratelimit-policy"], `"ip";q=${limit};w=60`)
      yield* admittedFrom(Array.makeBy(4 * limit, (n) => `2001:db8:1:${(16 + n).toString(16)}::1`))
      const refused = yield* call("/ip", from("2001:db8:1:2::1"))
      assert.strictEqual(refused.status, 429)
      assert.strictEqual(refused.headers["ratelimit-policy"], `"ip";q=${4 * limit};w=60`)
      assert.deepStrictEqual(JSON.parse(refused.body)["violated-policies"], ["ip"])
    })
  )
})

describe("an endpoint limited by account", () => {
  live(
    "counts an account across addresses, and each account separately",
    Effect.fnUntraced(function* () {
      const calls = Array.makeBy(5, (n) => call("/documents", { ...from(`203.0.113.${n}`), token: user }))
      assert.deepStrictEqual(yield* statuses(calls), [200, 200, 200, 429, 429])
      const response = yield* call("/documents", { ...from("203.0.113.1"), token: other })
      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(names(response, "ratelimit"), ["account"])
    })
  )

  live(
    "charges unauthenticated requests to their address, and still admits a valid token from there",
    Effect.fnUntraced(function* () {
      const bad = () => call("/documents", { ...from("203.0.113.9"), token: "guess" })
      assert.deepStrictEqual(yield* statuses(Array.makeBy(5, bad)), [401, 401, 401, 429, 429])
      assert.deepStrictEqual(names(yield* bad(), "ratelimit"), ["ip"])
      const good = yield* call("/documents", { ...from("203.0.113.9"), token: user })
      assert.strictEqual(good.status, 200)
    })
  )
})

describe("everything else", () => {
  live(
    "is limited by address: endpoints without a policy and unknown routes",
    Effect.fnUntraced(function* () {
      const calls = ["/ip", "/nowhere", "/wp-login.php", "/nowhere", "/ip"].map((path) =>
        call(path, from("203.0.113.9"))
      )
      assert.deepStrictEqual(yield* statuses(calls), [200, 404, 404, 429, 429])
    })
  )

  live(
    "is never limited when its list of policies is empty",
    Effect.fnUntraced(function* () {
      const responses = yield* Effect.all(Array.makeBy(50, () => call("/live", from("203.0.113.9"))))
      assert.isTrue(responses.every(({ headers, status }) => status === 200 && headers.ratelimit === undefined))
    })
  )

  live(
    "does not exempt loopback",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* statuses(Array.makeBy(4, () => call("/ip"))), [200, 200, 200, 429])
    })
  )
})

describe("the responses", () => {
  live(
    "say what is left if they were limited, as RFC 9651 lists",
    Effect.fnUntraced(function* () {
      const { headers } = yield* login("ada@example.org", "203.0.113.9")
      assert.deepStrictEqual(
        parseList(String(headers["ratelimit-policy"])).map(([name, parameters]) => [name, ...parameters]),
        [
          ["login-account", ["q", 3], ["w", 60]],
          ["auth-ip", ["q", 5], ["w", 60]]
        ]
      )
      assert.strictEqual(headers.ratelimit, '"login-account";r=2;t=60, "auth-ip";r=4;t=60')
      assert.isUndefined(headers["retry-after"])
      for (const status of [401, 404]) {
        const response = yield* call(status === 401 ? "/documents" : "/nowhere", from("203.0.113.10"))
        assert.strictEqual(response.status, status)
        assert.deepStrictEqual(names(response, "ratelimit-policy"), ["ip"])
      }
    })
  )

  live(
    "refuse with the registered problem, without an address, e-mail or account",
    Effect.fnUntraced(function* () {
      const responses = yield* Effect.all(Array.makeBy(6, () => login("ada@example.org", "203.0.113.9")))
      const { body, headers, status } = responses[5] ?? assert.fail("no response")
      assert.strictEqual(status, 429)
      assert.strictEqual(headers["content-type"], "application/problem+json")
      assert.strictEqual(headers["cache-control"], "no-store")
      assert.deepStrictEqual(JSON.parse(body), {
        type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
        status: 429,
        title: "Too many requests",
        "violated-policies": ["login-account"]
      })
      const seconds = parseList(String(headers.ratelimit))[0]?.[1].get("t")
      assert.strictEqual(headers["retry-after"], String(seconds))
      assert.isAbove(Number(seconds), 50)
      assert.notMatch(JSON.stringify(headers) + body, /203\.0\.113|ada|example|@/)
    })
  )
})
