import { Context, Effect, Layer, Queue, type Redacted, Schema } from "effect"

/** A mail to one address. The text may hold secrets: it is Redacted so that no log line can show it. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: Redacted.Redacted<string>
}

/** The mail could not be handed over. Another attempt may help where `isRetryable`. */
export class MailError extends Schema.TaggedError<MailError>()("MailError", {
  message: Schema.String,
  isRetryable: Schema.Boolean
}) {}

/** Mails in the order in which they were sent, for a test to take. */
export class SentMails extends Context.Service<SentMails, Queue.Dequeue<Mail>>()("@kite/adapters/mail/SentMails") {}

/** Hands a mail over to whoever delivers it; the sender is MAIL_FROM. */
export class Mailer extends Context.Service<
  Mailer,
  {
    /** Ends within 30 s. */
    readonly send: (mail: Mail) => Effect.Effect<void, MailError>
  }
>()("@kite/adapters/mail/Mailer") {
  /** Keeps the last 1,000 mails for SentMails. */
  static readonly layerMemory: Layer.Layer<Mailer | SentMails> = Layer.effectContext(
    Effect.map(Queue.sliding<Mail>(1_000), (sent) =>
      Context.make(SentMails, sent).pipe(
        Context.add(Mailer, Mailer.of({ send: (mail) => Effect.asVoid(Queue.offer(sent, mail)) }))
      )
    )
  )
}
