import { randomUUID } from "node:crypto"
import { rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DateTime, Effect, Layer } from "effect"
import { createTransport } from "nodemailer"
import { createDirectory } from "../data/DataDirectory.ts"
import { MailError, Mailer, toMessage } from "./Mailer.ts"

const failed = () => new MailError({ message: "The outbox cannot be written", isRetryable: true })

/** Writes mails to files `<time>-<uuid>.eml` of the directory, which only their owner can read. A file appears as a whole. */
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
            await createDirectory(directory)
            await writeFile(part, message, { mode: 0o600, flag: "wx", flush: true })
            await rename(part, join(directory, name))
          },
          catch: failed
        }).pipe(Effect.onError(() => Effect.ignore(Effect.tryPromise(() => rm(part, { force: true })))))
      })
    })
  })
