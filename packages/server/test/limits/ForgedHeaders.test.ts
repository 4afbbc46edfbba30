import { assert, describe, it } from "@effect/vitest"
import { TrustedProxies } from "@kite/domain/network/TrustedProxies"
import { Array, Effect } from "effect"
import { RateLimiter } from "../../src/limits/RateLimiter.ts"
import { call, proxy, statuses, stranger } from "./Caller.ts"
import { LimitedServer, limit } from "./LimitedServer.ts"

const forged = Array.makeBy(20, (n) => `10.0.0.${n}`)

const admitted = (calls: Parameters<typeof statuses>[0]) =>
  Effect.map(statuses(calls), (all) => all.filter((status) => status === 200).length)

const onServer = <E>(test: Effect.Effect<void, E, LimitedServer>) => Effect.provide(test, LimitedServer.layer)

describe("forged X-Forwarded-For, over real sockets", () => {
  it.live("gains nothing for a client without a proxy", () =>
    onServer(
      Effect.gen(function* () {
        const calls = forged.map((address) => call("/ip", { from: stranger, forwardedFor: [address] }))
        assert.strictEqual(yield* admitted(calls), limit)
        assert.strictEqual(yield* admitted([call("/ip", { from: stranger })]), 0)
      })
    )
  )

  it.live("gains nothing for a client behind a proxy that appends", () =>
    onServer(
      Effect.gen(function* () {
        const appended = forged.map((address) =>
          call("/ip", { from: proxy, forwardedFor: [`${address}, 203.0.113.9`] })
        )
        assert.strictEqual(yield* admitted(appended), limit)
        const ownLine = forged.map((address) => call("/ip", { from: proxy, forwardedFor: [address, "203.0.113.9"] }))
        assert.strictEqual(yield* admitted(ownLine), 0)
        const trusted = forged.map(() => call("/ip", { from: proxy, forwardedFor: [`1.1.1.1, ${proxy}, 203.0.113.9`] }))
        assert.strictEqual(yield* admitted(trusted), 0)
      })
    )
  )

  it.live("does not mix up the clients of a proxy", () =>
    onServer(
      Effect.gen(function* () {
        const clients = ["203.0.113.9", "203.0.113.10", "2001:db8::1"]
        const calls = clients.flatMap((address) =>
          Array.makeBy(limit + 2, () => call("/ip", { from: proxy, forwardedFor: [address] }))
        )
        assert.strictEqual(yield* admitted(calls), clients.length * limit)
        const sameNetwork = call("/ip", { from: proxy, forwardedFor: ["2001:db8::ffff:2"] })
        assert.strictEqual(yield* admitted([sameNetwork]), 0)
      })
    )
  )

  it.live("works with the leftmost rule behind a proxy that appends, so that rule is not the default", () =>
    Effect.gen(function* () {
      const calls = forged.map((address) => call("/ip", { from: proxy, forwardedFor: [`${address}, 203.0.113.9`] }))
      assert.strictEqual(yield* admitted(calls), forged.length)
    }).pipe(
      Effect.provide(
        LimitedServer.layerWith(RateLimiter.layerMemory, { trusted: TrustedProxies.parse([proxy]), rule: "leftmost" })
      )
    )
  )
})

describe("hostile headers, over real sockets", () => {
  const responses = (from: string, forwardedFor: ReadonlyArray<string>) =>
    Effect.map(call("/ip", { from, forwardedFor }), ({ status, body }) => [status, body.replaceAll('"', "")])

  it.live("never change the address: the response has the right one, or Node refuses the request", () =>
    onServer(
      Effect.gen(function* () {
        const own = "203.0.113.9"
        const many = (count: number) => [...Array.replicate("6.6.6.6", count), own]
        assert.deepStrictEqual(yield* responses(proxy, [`${"6.6.6.6,".repeat(1_500)} ${own}`]), [200, own])
        assert.deepStrictEqual(yield* responses(proxy, many(600)), [200, own])
        assert.deepStrictEqual(yield* responses(proxy, ["\u0080\u00ff{}:*\t", own]), [200, own])
        for (const lines of [many(1_400), ["6.6.6.6,".repeat(3_000), own]]) {
          assert.strictEqual((yield* responses(proxy, lines))[0], 431)
        }
      })
    )
  )

  it.live("never displace the proxy's line, however many there are", () =>
    onServer(
      Effect.gen(function* () {
        for (const filler of [900, 1_100, 1_990, 2_010, 2_600]) {
          const { body, status } = yield* call("/ip", { from: proxy, forwardedFor: ["6.6.6.6", "203.0.113.9"], filler })
          assert.notInclude(body, "6.6.6.6", `${filler} lines`)
          if (status !== 431) assert.strictEqual(body, '"203.0.113.9"', `${filler} lines`)
        }
      })
    )
  )
})
