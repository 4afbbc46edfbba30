import { randomUUID } from "node:crypto"
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DateTime, Effect, Layer } from "effect"
import { createTransport } from "nodemailer"
import { MailError, Mailer } from "./Mailer.ts"
import { toMessage } from "./Message.ts"

const failed = () => new MailError({ message: "The outbox cannot be written", isRetryable: true })

/** Mails as files of the directory, readable by the owner alone: `<time>-<uuid>.eml`, whole as soon as they are there. */
export const layer = (directory: string, from: string): Layer.Layer<Mailer> =>
  Layer.sync(Mailer, () => {
    const composer = createTransport({ streamTransport: true, buffer: true, newline: "unix" })
    return Mailer.of({
      send: Effect.fn("MailerOutbox.send")(function* (mail) {
        const date = DateTime.toDateUtc(yield* DateTime.now)
        const name = `${date.toISOString().replaceAll(":", "-")}-${randomUUID()}.eml`
        const part = join(directory, `.${name}.part`)
        yield* Effect.tryPromise({
          try: async () => {
            const { message } = await composer.sendMail({ ...toMessage(from, mail), date })
            await mkdir(directory, { recursive: true, mode: 0o700 })
            await writeFile(part, message, { mode: 0o600, flag: "wx", flush: true })
            await rename(part, join(directory, name))
          },
          catch: failed
        }).pipe(Effect.onError(() => Effect.ignore(Effect.tryPromise(() => rm(part, { force: true })))))
      })
    })
  })
