import { Context, Effect, Layer, Queue, Redacted, Schema } from "effect"
import type { SendMailOptions } from "nodemailer"

/** A mail to one address. The text may contain secrets: it is Redacted so that no log line shows it. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: Redacted.Redacted<string>
}

/** The mail could not be sent. A retry may help if `isRetryable`. */
export class MailError extends Schema.TaggedError<MailError>()("MailError", {
  message: Schema.String,
  isRetryable: Schema.Boolean
}) {}

/** Sent mails in order, for tests. */
export class SentMails extends Context.Service<SentMails, Queue.Dequeue<Mail>>()("@kite/adapters/mail/SentMails") {}

/** Sends mails; the sender is MAIL_FROM. */
export class Mailer extends Context.Service<
  Mailer,
  {
    /** Ends within 30 s. */
    readonly send: (mail: Mail) => Effect.Effect<void, MailError>
  }
>()("@kite/adapters/mail/Mailer") {
  /** Keeps the last 1,000 mails in SentMails. */
  static readonly layerMemory: Layer.Layer<Mailer | SentMails> = Layer.effectContext(
    Effect.map(Queue.sliding<Mail>(1_000), (sent) =>
      Context.make(SentMails, sent).pipe(
        Context.add(Mailer, Mailer.of({ send: (mail) => Effect.asVoid(Queue.offer(sent, mail)) }))
      )
    )
  )
}

/**
 * The mail for nodemailer. The address is a name and address object, never parsed, so commas in it add no recipient; nothing
 * is read from files or URLs. ASCII text with lines of up to 76 characters is sent as it is, so that links in files of the
 * outbox can be copied; any other text becomes quoted-printable.
 */
export const toMessage = (from: string, { to, subject, text }: Mail): SendMailOptions => ({
  from,
  to: { name: "", address: to },
  subject,
  text: Redacted.value(text),
  disableFileAccess: true,
  disableUrlAccess: true,
  headers: { "Auto-Submitted": "auto-generated" }
})
