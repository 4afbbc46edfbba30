import { assert, it } from "@effect/vitest"
import { CorrelationId, RequestRecord, withRequest } from "@kite/adapters/logging/RequestContext"
import { type Mail, MailError, Mailer } from "@kite/adapters/mail/Mailer"
import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { Cause, Clock, Deferred, Effect, Exit, Fiber, Layer, Logger, Option, Queue, Redacted, Scope } from "effect"
import { TestClock } from "effect/testing"

const secret = "the-secret-of-the-link"
const mail = (subject: string): Mail => ({ to: "anna@example.org", subject, text: Redacted.make(secret) })

const queueOver = (send: Mailer["Service"]["send"]) =>
  MailQueue.layer.pipe(Layer.provide(Layer.succeed(Mailer, Mailer.of({ send }))))
const offer = (subject: string) => MailQueue.use((queue) => queue.offer(Effect.succeedSome(mail(subject))))

/** Runs the effect and returns its log lines. */
const logged = Effect.gen(function* () {
  const lines = yield* Queue.unbounded<string>()
  const logger = Logger.make(({ message, cause, logLevel, fiber }) => {
    Queue.offerUnsafe(lines, `${logLevel} ${fiber.getRef(CorrelationId)} ${String(message)} ${Cause.pretty(cause)}`)
  })
  return { lines, layer: Logger.layer([logger]) }
})

/** Runs with a mailer that never finishes: the queue closes after its own time limit. */
const withStuckMailer = Effect.fnUntraced(function* <A, E>(use: Effect.Effect<A, E, MailQueue>) {
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(
    queueOver(() => Effect.never),
    scope
  )
  const result = yield* Effect.provide(use, context)
  const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
  yield* TestClock.adjust("5 seconds")
  yield* Fiber.join(closing)
  return result
})

it.effect("an offer does not wait for the mail, and a shutdown waits at most 5 s", () =>
  withStuckMailer(Effect.timeout(offer("slow"), "1 millis"))
)

it.effect("nothing is sent without a mail, and the next mail is sent", () =>
  Effect.gen(function* () {
    const sent = yield* Queue.unbounded<string>()
    yield* Effect.gen(function* () {
      yield* MailQueue.use((queue) => queue.offer(Effect.succeedNone))
      yield* MailQueue.use((queue) => queue.offer(Effect.die("broken")))
      yield* offer("next")
      assert.strictEqual(yield* Queue.take(sent), "next")
    }).pipe(Effect.provide(queueOver(({ subject }) => Effect.asVoid(Queue.offer(sent, subject)))))
  })
)

it.effect(
  "a mail gets four attempts with growing pauses, then fails permanently with a log line that does not show it",
  () =>
    Effect.gen(function* () {
      const attempts = yield* Queue.unbounded<number>()
      const { lines, layer } = yield* logged
      const failing = queueOver(() =>
        Effect.andThen(Queue.offer(attempts, 1), Effect.fail(new MailError({ message: "451", isRetryable: true })))
      )
      yield* Effect.gen(function* () {
        yield* withRequest(new RequestRecord({ correlationId: "of the request", startedAt: 0n }))(offer("hopeless"))
        for (const pause of [0, 1, 2, 4]) {
          yield* TestClock.adjust(`${pause} seconds`)
          yield* Queue.take(attempts)
        }
        const line = yield* Queue.take(lines)
        assert.match(line, /^Error of the request Mail failed permanently/)
        assert.notInclude(line, secret)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(yield* Queue.size(attempts), 0)
      }).pipe(Effect.provide(Layer.provideMerge(failing, layer)))
    })
)

it.effect("a permanently refused mail is not retried", () =>
  Effect.gen(function* () {
    const attempts = yield* Queue.unbounded<number>()
    const refusing = queueOver(() =>
      Effect.andThen(Queue.offer(attempts, 1), Effect.fail(new MailError({ message: "550", isRetryable: false })))
    )
    yield* Effect.gen(function* () {
      yield* offer("refused")
      yield* Queue.take(attempts)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Queue.size(attempts), 0)
    }).pipe(Effect.provide(refusing))
  })
)

it.effect("offerUnseen starts its work at a random moment of the next 2 s", () =>
  Effect.gen(function* () {
    const begun: Array<number> = []
    const queue = yield* MailQueue
    for (let count = 0; count < 20; count++) {
      const start = yield* Clock.currentTimeMillis
      yield* queue.offerUnseen(
        Effect.map(Clock.currentTimeMillis, (now) => {
          begun.push(now - start)
          return Option.none()
        })
      )
      for (let step = 0; step < 20; step++) yield* TestClock.adjust("100 millis")
    }
    assert.lengthOf(begun, 20)
    assert.isAtMost(Math.max(...begun), 2_000)
    assert.isAbove(new Set(begun).size, 5)
  }).pipe(Effect.provide(queueOver(() => Effect.void)))
)

it.effect("a flood is cut off at 1,000 waiting mails and logged", () =>
  Effect.gen(function* () {
    const { lines, layer } = yield* logged
    const flood = Effect.forEach(Array.from({ length: 1_200 }), () => offer("flood"), { discard: true })
    yield* Effect.provide(withStuckMailer(flood), layer)
    assert.include(yield* Queue.take(lines), "The mail queue is full")
  })
)

it.effect("a regular shutdown sends waiting mails for 5 s", () =>
  Effect.gen(function* () {
    const sent: Array<string> = []
    const gate = yield* Deferred.make<void>()
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(
      queueOver(({ subject }) =>
        Effect.andThen(
          Deferred.await(gate),
          Effect.sync(() => sent.push(subject))
        )
      ),
      scope
    )
    yield* Effect.forEach(["one", "two", "three"], offer, { discard: true }).pipe(Effect.provide(context))
    const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
    yield* Deferred.succeed(gate, undefined)
    yield* Fiber.join(closing)
    assert.deepStrictEqual(sent, ["one", "two", "three"])
  })
)
