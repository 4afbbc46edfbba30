import { Effect, Queue } from "effect"
import { SMTPServer, type SMTPServerOptions } from "smtp-server"

export interface Received {
  readonly raw: Uint8Array
  readonly from: string
  readonly recipients: ReadonlyArray<string>
}

/** A real SMTP server on a free port of loopback that puts accepted mails into `received`. */
export const startReceiver = Effect.fnUntraced(function* (options: SMTPServerOptions = {}) {
  const received = yield* Queue.unbounded<Received>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, callback) {
      const chunks: Array<Buffer> = []
      stream.on("data", (chunk: Buffer) => chunks.push(chunk))
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope
        const recipients = rcptTo.map(({ address }) => address)
        Queue.offerUnsafe(received, { raw: Buffer.concat(chunks), from: mailFrom ? mailFrom.address : "", recipients })
        callback()
      })
    },
    ...options
  })
  server.on("error", () => undefined)
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      const listening = server.listen(0, "127.0.0.1", () => {
        const address = listening.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.callback<void>((resume) => server.close(() => resume(Effect.void)))
  )
  return { port, received }
})
