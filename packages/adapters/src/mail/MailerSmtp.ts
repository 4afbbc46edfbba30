import { Effect, Layer, Redacted } from "effect"
import { createTransport } from "nodemailer"
import { MailError, Mailer, toMessage } from "./Mailer.ts"

/** Times in ms, one for each step of a connection. */
const timeouts = {
  dnsTimeout: 5_000,
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  socketTimeout: 10_000,
  socketCloseTimeout: 1_000
}
const total = "30 seconds"

/** A 5xx reply is final, everything else may be temporary (RFC 5321 section 4.2.1). Never contains the mail. */
const toError = (cause: unknown) => {
  const { code = "unknown", responseCode = 0 } = cause as { readonly code?: string; readonly responseCode?: number }
  const message = `The SMTP server did not accept the mail: ${code}${responseCode === 0 ? "" : ` ${responseCode}`}`
  return new MailError({ message, isRetryable: responseCode < 500 })
}
const tooLate = new MailError({ message: `The SMTP server did not accept the mail within ${total}`, isRetryable: true })

/**
 * Over SMTP: `smtps://user:password@host:465`, or `smtp://host:587`, which upgrades to TLS if the server offers it
 * (`?requireTLS=true` requires it). One connection per mail: kite sends few.
 */
export const layer = (url: Redacted.Redacted<string>, from: string): Layer.Layer<Mailer> =>
  Layer.effect(
    Mailer,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => createTransport({ url: Redacted.value(url), ...timeouts })),
        (transport) => Effect.sync(() => transport.close())
      ),
      (transport) =>
        Mailer.of({
          send: Effect.fn("MailerSmtp.send")(function* (mail) {
            yield* Effect.tryPromise({
              try: (signal) => transport.sendMail({ ...toMessage(from, mail), signal }),
              catch: toError
            }).pipe(Effect.timeoutOrElse({ duration: total, orElse: () => Effect.fail(tooLate) }))
          })
        })
    )
  )
