import { type Mail, SentMails } from "@kite/adapters/mail/Mailer"
import { Effect, Queue, Redacted } from "effect"

/** The next mail to this address; skips mails to others. */
export const nextMailTo = Effect.fnUntraced(
  function* (address: string): Effect.fn.Return<Mail, never, SentMails> {
    const sent = yield* SentMails
    let mail = yield* Queue.take(sent)
    while (mail.to !== address) mail = yield* Queue.take(sent)
    return mail
  },
  Effect.timeout("10 seconds"),
  Effect.orDie
)

/** The secret in a mail whose link opens that page. */
const tokenOf = (page: string, { text }: Mail) =>
  new RegExp(`/${page}#([\\w-]{43})\n`).exec(Redacted.value(text))?.[1] ?? ""

export const resetTokenOf = (mail: Mail) => tokenOf("reset", mail)
export const inviteTokenOf = (mail: Mail) => tokenOf("invite", mail)
export const emailProofTokenOf = (mail: Mail) => tokenOf("email-proof", mail)

/** The addresses of all mails until each of these has got one: to nobody else went any that was due before. */
export const recipientsUntil = Effect.fnUntraced(
  function* (addresses: ReadonlyArray<string>): Effect.fn.Return<ReadonlyArray<string>, never, SentMails> {
    const sent = yield* SentMails
    const found: Array<string> = []
    while (!addresses.every((address) => found.includes(address))) found.push((yield* Queue.take(sent)).to)
    return [...found, ...(yield* Queue.clear(sent)).map(({ to }) => to)]
  },
  Effect.timeout("10 seconds"),
  Effect.orDie
)
