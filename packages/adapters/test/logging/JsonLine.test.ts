import { assert, describe, it } from "@effect/vitest"
import { maxLine } from "@kite/adapters/logging/JsonLine"
import { RequestRecord, withJob, withRequest, withUser } from "@kite/adapters/logging/RequestContext"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Cause, Data, Effect } from "effect"
import { TestClock } from "effect/testing"

const id = "0190e5d2-7a3c-7b1e-8f00-0123456789ab"
const user = "0190e5d2-7a3c-7b1e-8f00-aaaaaaaaaaaa"

const logged = (effect: Effect.Effect<unknown>) => {
  const capture = new LogCapture()
  return effect.pipe(
    Effect.provide(capture.layer),
    Effect.map(() => capture)
  )
}

class Broken extends Data.TaggedError("Broken")<{ readonly message: string; readonly cause?: unknown }> {}
class Missing extends Data.TaggedError("Missing")<{ readonly key: string; readonly token: string }> {}

describe("a log line", () => {
  it.effect("has a time, a level, a message and a service", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 second")
      const { last } = yield* logged(Effect.logWarning("Disk is filling up"))
      assert.deepStrictEqual(last, {
        timestamp: "1970-01-01T00:00:01.000Z",
        level: "warn",
        message: "Disk is filling up",
        service: "test",
        version: "1.2.3",
        boot: last.boot,
        seq: 1
      })
    })
  )

  it.effect("has a number of its process, which no other start of it shares", () =>
    Effect.gen(function* () {
      const { parsed } = yield* logged(
        Effect.all([Effect.logInfo("one"), Effect.logDebug("two"), Effect.logInfo("three")])
      )
      assert.deepStrictEqual(
        parsed.map(({ seq }) => seq),
        [1, 2, 3]
      )
      const other = yield* logged(Effect.logInfo("one"))
      assert.match(other.last.boot, /^[\da-f]{8}$/)
      assert.notStrictEqual(other.last.boot, parsed[0]?.boot)
    })
  )

  it.effect("has the facts of its request", () =>
    Effect.gen(function* () {
      const record = new RequestRecord({
        correlationId: id,
        startedAt: 0n,
        clientIp: "203.0.113.9",
        method: "GET",
        path: "/api/documents/7"
      })
      const { last } = yield* logged(
        Effect.gen(function* () {
          record.route = "/api/documents/:id"
          yield* TestClock.adjust("12 millis")
          yield* Effect.logInfo("Found").pipe(withUser(user))
        }).pipe(withRequest(record))
      )
      assert.deepInclude(last, {
        correlation_id: id,
        user_id: user,
        client_ip: "203.0.113.9",
        method: "GET",
        path: "/api/documents/7",
        route: "/api/documents/:id",
        latency_ms: 12
      })
    })
  )

  it.effect("for the access log knows the user that was authenticated", () =>
    Effect.gen(function* () {
      const record = new RequestRecord({ correlationId: id, startedAt: 0n })
      const { last } = yield* logged(
        Effect.void.pipe(withUser(user), Effect.andThen(Effect.logInfo("Done")), withRequest(record))
      )
      assert.strictEqual(last.user_id, user)
    })
  )

  it.effect("of a job has the correlation id of the request that caused it", () =>
    Effect.gen(function* () {
      const job = { correlationId: id, userId: user, documentId: user, run: 2 }
      const { last } = yield* logged(Effect.logInfo("Extracted", { documentId: id }).pipe(withJob(job)))
      assert.deepInclude(last, { correlation_id: id, user_id: user, attempt: 2, latency_ms: 0 })
      assert.strictEqual(last.document_id, id, "the fields of a line override those of its scope, and occur once")
    })
  )

  it.effect("has the known fields at the top level and all others in details", () =>
    Effect.gen(function* () {
      const { last } = yield* logged(
        Effect.logInfo("Answered", { event: "http_request", status: 200, sizeBytes: 7, colour: "red" }).pipe(
          Effect.annotateLogs({ policy: "auth-ip", status: "a word", level: "forged", correlation_id: "forged" })
        )
      )
      assert.deepInclude(last, { event: "http_request", status: 200, size_bytes: 7, policy: "auth-ip", level: "info" })
      assert.deepStrictEqual(last.details, {
        status: "a word",
        level: "forged",
        correlation_id: "forged",
        colour: "red"
      })
    })
  )

  it.effect("may name a user if its scope has none, and cannot replace one", () =>
    Effect.gen(function* () {
      const failed = Effect.logWarning("Token reused", { user_id: user })
      assert.strictEqual((yield* logged(failed)).last.user_id, user)
      assert.strictEqual((yield* logged(failed.pipe(withUser(id)))).last.user_id, id)
    })
  )

  it.effect("contains an error with its stack and its causes", () =>
    Effect.gen(function* () {
      const broken = new Broken({ message: "no answer", cause: new TypeError("socket is closed") })
      const { last } = yield* logged(Effect.logError("Could not store", Cause.die(broken)))
      assert.strictEqual(last.message, "Could not store")
      assert.strictEqual(last.error?.type, "Broken")
      assert.strictEqual(last.error?.message, "no answer")
      assert.include(last.error?.stack ?? "", "JsonLine.test.ts")
      assert.strictEqual(last.error?.cause?.type, "TypeError")
    })
  )

  it.effect("contains the fields of an error without a message, except secrets", () =>
    Effect.gen(function* () {
      const { last } = yield* logged(Effect.logError("Gone", new Missing({ key: "a/b", token: "t0ken-of-somebody" })))
      assert.strictEqual(last.error?.type, "Missing")
      assert.include(last.error?.message ?? "", '"key":"a/b"')
      assert.notInclude(last.error?.message ?? "", "t0ken")
    })
  )

  it.effect("survives values that throw, are cyclic or endless", () =>
    Effect.gen(function* () {
      const loop: { self?: unknown } = {}
      loop.self = loop
      const endless = Object.defineProperty({}, "next", { enumerable: true, get: () => new Map([[{}, loop]]) })
      const hostile = {
        loop,
        endless,
        getter: Object.defineProperty({}, "x", {
          enumerable: true,
          get: () => {
            throw new Error("no")
          }
        }),
        json: { toJSON: () => Promise.reject },
        proxy: new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error("no")
            }
          }
        ),
        wide: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key${index}`, index])),
        big: 10n ** 30n,
        date: new Date(Number.NaN),
        bytes: new Uint8Array(5),
        ["__proto__"]: { polluted: true }
      }
      const { last, lines } = yield* logged(Effect.logInfo("Hostile", hostile, Symbol("s"), () => 1))
      assert.isAtMost(Buffer.byteLength(lines[0] ?? ""), maxLine)
      assert.deepInclude(last.details, { big: "1000000000000000000000000000000" })
    })
  )

  it.effect.each([
    { name: "newlines", evil: 'a\nb\r\n{"level":"fatal"}\u0085\u2028\u2029' },
    { name: "control and direction characters", evil: "\u0000\u001b[2J\u009b31m\u202egnp.exe\u007f" },
    { name: "lone surrogates", evil: "\ud800 and \udc00" },
    { name: "a megabyte of words", evil: "word ".repeat(200_000) },
    { name: "a megabyte of control characters", evil: "\u0001".repeat(1_000_000) },
    { name: "a megabyte without a space", evil: "é".repeat(500_000) }
  ])("stays one bounded line with $name in names, paths, routes, errors and fields", ({ evil }) =>
    Effect.gen(function* () {
      const record = new RequestRecord({ correlationId: id, startedAt: 0n, clientIp: evil, method: evil, path: evil })
      record.route = evil
      const { lines, last } = yield* logged(
        Effect.logInfo(
          evil,
          { [evil]: evil, event: evil, reason: evil, filename: evil },
          Cause.die(new Error(evil))
        ).pipe(withUser(evil), withRequest(record))
      )
      assert.strictEqual(lines.length, 1)
      const line = lines[0] ?? ""
      assert.isAtMost(Buffer.byteLength(line), maxLine)
      assert.notMatch(line, /[\p{Cc}\u2028\u2029\u202a-\u202e]/u)
      assert.strictEqual(last.level, "info")
      assert.strictEqual(last.correlation_id, id)
    })
  )

  it.effect.each([
    ["a line of 14,000 bytes", "word ".repeat(200), 14, false],
    ["a line of 17,000 bytes", "word ".repeat(200), 17, true],
    ["a line of 30,000 bytes", "word ".repeat(200), 30, true],
    ["a line of 8,000 characters that are 24,000 bytes", "€".repeat(1_000), 8, true]
  ] as const)("has at most 16,000 bytes, which Docker keeps in one piece: %s", ([, value, count, isShortened]) =>
    Effect.gen(function* () {
      const fields = Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, value]))
      const { lines, last } = yield* logged(Effect.logInfo("Long", fields))
      assert.isAtMost(Buffer.byteLength(lines[0] ?? ""), 16_000)
      assert.strictEqual(last.details?.["shortened"] === true, isShortened)
      if (!isShortened) assert.strictEqual(Object.keys(last.details ?? {}).length, count)
    })
  )
})
