import { randomUUID } from "node:crypto"
import { request } from "node:http"
import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { TestServer } from "@kite/testkit/http/TestServer"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Array, Effect } from "effect"

/** Peers on loopback: TRUSTED_PROXIES names the first, and not the second. */
const proxy = "127.0.0.2"
const stranger = "127.0.0.1"

interface Answer {
  readonly status: number
  readonly correlationId: string
}

/** A request whose connection comes from this address. */
const call = (from: string, headers: Readonly<Record<string, string>>, path = "/nowhere") =>
  Effect.flatMap(TestServer, ({ url }) =>
    Effect.callback<Answer>((resume) => {
      const sent = request(url + path, { localAddress: from, agent: false, headers }, (response) => {
        response.resume().on("end", () => {
          const correlationId = String(response.headers["x-correlation-id"])
          resume(Effect.succeed({ status: response.statusCode ?? 0, correlationId }))
        })
      })
      sent.on("error", (error) => resume(Effect.die(error))).end()
    })
  )

/** The whole server, nothing of its edge replaced, with these settings. */
const onServer = (
  name: string,
  variables: Readonly<Record<string, string>>,
  test: (
    clientOf: (answer: Answer) => Effect.Effect<string | undefined>,
    capture: LogCapture
  ) => Effect.Effect<void, never, TestServer>
) => {
  const capture = new LogCapture()
  const clientOf = ({ correlationId }: Answer) =>
    eventually(
      Effect.sync(() =>
        capture.parsed.find((line) => line.event === "http_request" && line.correlation_id === correlationId)
      ),
      (line) => line !== undefined
    ).pipe(Effect.map((line) => line?.client_ip))
  const server = TestServer.layerOn({ variables: { TRUSTED_PROXIES: proxy, ...variables }, logging: capture.layer })
  it.live(name, () => Effect.provide(test(clientOf, capture), server))
}

const forwarded = (value: string) => ({ "x-forwarded-for": value })

onServer("the address is the peer's own, whatever a peer that is not trusted sends", {}, (clientOf) =>
  Effect.gen(function* () {
    for (const headers of [forwarded("203.0.113.9"), forwarded("127.0.0.2"), { forwarded: "for=203.0.113.9" }, {}]) {
      assert.strictEqual(yield* clientOf(yield* call(stranger, headers)), stranger)
    }
    for (const name of ["x-real-ip", "cf-connecting-ip", "true-client-ip", "x-client-ip", "forwarded"]) {
      assert.strictEqual(yield* clientOf(yield* call(proxy, { [name]: "203.0.113.9" })), proxy, name)
    }
  })
)

onServer("the address is the rightmost that a trusted proxy has added", {}, (clientOf) =>
  Effect.gen(function* () {
    assert.strictEqual(yield* clientOf(yield* call(proxy, forwarded("203.0.113.9"))), "203.0.113.9")
    assert.strictEqual(yield* clientOf(yield* call(proxy, forwarded("6.6.6.6, 203.0.113.9"))), "203.0.113.9")
  })
)

onServer("the address follows TRUSTED_PROXY_RULE", { TRUSTED_PROXY_RULE: "leftmost" }, (clientOf) =>
  Effect.gen(function* () {
    assert.strictEqual(yield* clientOf(yield* call(proxy, forwarded("198.51.100.6, 203.0.113.9"))), "198.51.100.6")
    assert.strictEqual(yield* clientOf(yield* call(stranger, forwarded("198.51.100.6"))), stranger)
  })
)

const chain = { TRUSTED_PROXIES: `${proxy},203.0.113.0/24` }

onServer("the walk through trusted proxies ends at the first that is not", chain, (clientOf) =>
  Effect.gen(function* () {
    assert.strictEqual(yield* clientOf(yield* call(proxy, forwarded("198.51.100.6, 203.0.113.9"))), "198.51.100.6")
  })
)

onServer("the walk follows TRUSTED_PROXY_MAX_HOPS", { ...chain, TRUSTED_PROXY_MAX_HOPS: "1" }, (clientOf) =>
  Effect.gen(function* () {
    assert.strictEqual(yield* clientOf(yield* call(proxy, forwarded("198.51.100.6, 203.0.113.9"))), "203.0.113.9")
  })
)

onServer("a correlation id is accepted from a trusted proxy alone", {}, () =>
  Effect.gen(function* () {
    const id = randomUUID()
    assert.strictEqual((yield* call(proxy, { "x-correlation-id": id })).correlationId, id)
    for (const headers of [{}, forwarded(proxy)]) {
      assert.notStrictEqual((yield* call(stranger, { ...headers, "x-correlation-id": id })).correlationId, id)
    }
  })
)

onServer("forged addresses gain no request", { RATE_LIMIT_IP: "3/1h" }, () =>
  Effect.gen(function* () {
    const forged = Array.makeBy(10, (index) => `198.51.100.${index}`)
    const admitted = Effect.fnUntraced(function* (from: string, values: ReadonlyArray<string>) {
      const answers = yield* Effect.forEach(values, (value) => call(from, forwarded(value)))
      return answers.filter(({ status }) => status === 404).length
    })
    assert.strictEqual(yield* admitted(stranger, forged), 3)
    assert.strictEqual(
      yield* admitted(
        proxy,
        forged.map((address) => `${address}, 203.0.113.9`)
      ),
      3
    )
    assert.strictEqual(yield* admitted(proxy, ["203.0.113.10"]), 1)
  })
)

for (const [family, network] of [
  ["IPv4", "0.0.0.0/0"],
  ["IPv6", "::/0"]
] as const) {
  onServer(`a start that trusts all of ${family} warns`, { TRUSTED_PROXIES: `${proxy},${network}` }, (_, capture) =>
    Effect.sync(() => {
      const warnings = capture.parsed.filter(
        ({ level, message }) => level === "warn" && message.includes("TRUSTED_PROXIES")
      )
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0]?.message, `${network}: clients can spoof their address`)
    })
  )
}
