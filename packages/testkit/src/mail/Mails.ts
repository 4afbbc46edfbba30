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

/** The token in a reset mail. */
export const resetTokenOf = ({ text }: Mail) => /\/reset#([\w-]{43})\n/.exec(Redacted.value(text))?.[1] ?? ""
