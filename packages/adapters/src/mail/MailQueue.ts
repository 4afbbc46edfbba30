import { type Cause, Clock, Context, Effect, Fiber, Layer, Option, Queue, Random, Schedule } from "effect"
import { CurrentRequest, withRequest } from "../logging/RequestContext.ts"
import { type Mail, Mailer } from "./Mailer.ts"

/** Finds out in the background whether there is a mail to send, and which. */
export type ComposeMail = Effect.Effect<Option.Option<Mail>>

/** Over how long `offerUnseen` spreads its work, in ms. */
export const MailSpread = Context.Reference<number>("@kite/adapters/mail/MailSpread", { defaultValue: () => 2_000 })

const capacity = 1_000
const workers = 2
const composeLimit = "10 seconds"
const retries = { times: 3, schedule: Schedule.exponential("1 second") }
const drainLimit = "5 seconds"

/**
 * Mails that a request causes but does not wait for, so that its answer takes the same time whether there is one or not.
 * In memory, because a mail holds what the database must not: a crash loses what is queued (the person asks again), an orderly
 * shutdown sends for up to 5 s more. Each mail is tried four times within some seconds of another.
 */
export class MailQueue extends Context.Service<
  MailQueue,
  {
    /** Never waits and never fails; beyond 1,000 waiting mails it refuses, which the log tells. */
    readonly offer: (compose: ComposeMail) => Effect.Effect<void>
    /**
     * As `offer`, but begins at a random moment of the next 2 s: who times the requests that follow his own cannot tell
     * whether it caused work.
     */
    readonly offerUnseen: (compose: ComposeMail) => Effect.Effect<void>
  }
>()("@kite/adapters/mail/MailQueue") {
  static readonly layer = Layer.effect(
    MailQueue,
    Effect.gen(function* () {
      const mailer = yield* Mailer
      const spread = yield* MailSpread
      const queue = yield* Queue.dropping<Effect.Effect<void>, Cause.Done>(capacity)

      const deliver = Effect.fnUntraced(
        function* (compose: ComposeMail) {
          const mail = yield* Effect.timeout(compose, composeLimit)
          if (Option.isNone(mail)) return
          yield* Effect.retry(mailer.send(mail.value), { ...retries, while: ({ isRetryable }) => isRetryable })
          yield* Effect.logInfo(`Sent a mail: ${mail.value.subject}`).pipe(Effect.annotateLogs({ event: "mail_sent" }))
        },
        Effect.catchCause((cause) =>
          Effect.logError("A mail was given up", cause).pipe(Effect.annotateLogs({ event: "mail_failed" }))
        )
      )

      const work = Queue.take(queue).pipe(Effect.flatten, Effect.forever, Effect.ignore)
      const fibers = yield* Effect.forEach(Array.from({ length: workers }), () => Effect.forkDetach(work))
      yield* Effect.addFinalizer(() =>
        Queue.end(queue).pipe(
          Effect.andThen(Fiber.awaitAll(fibers)),
          Effect.timeoutOption(drainLimit),
          Effect.andThen(Fiber.interruptAll(fibers))
        )
      )

      const enqueue = Effect.fnUntraced(function* (job: Effect.Effect<void>) {
        const request = yield* CurrentRequest
        if (yield* Queue.offer(queue, request === undefined ? job : withRequest(request)(job))) return
        yield* Effect.logError("The mail queue is full: a mail was dropped").pipe(
          Effect.annotateLogs({ event: "mail_failed" })
        )
      })

      return MailQueue.of({
        offer: (compose) => enqueue(deliver(compose)),
        offerUnseen: Effect.fnUntraced(function* (compose) {
          const begin = (yield* Clock.currentTimeMillis) + spread * (yield* Random.next)
          // A worker that waits for one's moment holds up none that came before, and those behind it no longer than 2 s.
          const wait = Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sleep(Math.max(0, begin - now)))
          yield* enqueue(Effect.andThen(wait, deliver(compose)))
        })
      })
    })
  )
}
