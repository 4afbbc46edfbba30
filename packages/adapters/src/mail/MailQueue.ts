import { type Cause, Clock, Context, Effect, Fiber, Layer, Option, Queue, Random, Schedule } from "effect"
import { CurrentRequest, withRequest } from "../logging/RequestContext.ts"
import { type Mail, Mailer } from "./Mailer.ts"

/** Runs in the background: the mail to send, if any. */
export type ComposeMail = Effect.Effect<Option.Option<Mail>>

/** The time over which `offerUnseen` spreads its work, in ms. */
export const MailSpread = Context.Reference<number>("@kite/adapters/mail/MailSpread", { defaultValue: () => 2_000 })

const capacity = 1_000
const workers = 2
const composeLimit = "10 seconds"
const retries = { times: 3, schedule: Schedule.exponential("1 second") }
const drainLimit = "5 seconds"

/**
 * Mails that a request causes but does not wait for, so that its response takes the same time with and without a mail.
 * In memory, because a mail contains secrets that the database must not: a crash loses queued mails (people ask again), a
 * regular shutdown sends for up to 5 s more. Each mail gets four attempts within some seconds.
 */
export class MailQueue extends Context.Service<
  MailQueue,
  {
    /** Never waits and never fails. With 1,000 mails waiting it drops the mail and logs an error. */
    readonly offer: (compose: ComposeMail) => Effect.Effect<void>
    /**
     * As `offer`, but starts at a random moment of the next 2 s: the time of later requests does not reveal whether this
     * one caused work.
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
          yield* Effect.logInfo(`Mail sent: ${mail.value.subject}`).pipe(Effect.annotateLogs({ event: "mail_sent" }))
        },
        Effect.catchCause((cause) =>
          Effect.logError("Mail failed permanently", cause).pipe(Effect.annotateLogs({ event: "mail_failed" }))
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
        yield* Effect.logError("The mail queue is full: mail dropped").pipe(
          Effect.annotateLogs({ event: "mail_failed" })
        )
      })

      return MailQueue.of({
        offer: (compose) => enqueue(deliver(compose)),
        offerUnseen: Effect.fnUntraced(function* (compose) {
          const begin = (yield* Clock.currentTimeMillis) + spread * (yield* Random.next)
          // A worker that waits for this moment delays no earlier mail, and later ones by 2 s at most.
          const wait = Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sleep(Math.max(0, begin - now)))
          yield* enqueue(Effect.andThen(wait, deliver(compose)))
        })
      })
    })
  )
}
