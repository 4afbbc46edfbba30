import { createServer, type Server, type Socket } from "node:net"
import { assert, it } from "@effect/vitest"
import { Mailer } from "@kite/adapters/mail/Mailer"
import * as MailerSmtp from "@kite/adapters/mail/MailerSmtp"
import { readLetter } from "@kite/testkit/mail/RawMail"
import { startReceiver } from "@kite/testkit/mail/SmtpReceiver"
import { Duration, Effect, Layer, Queue, Redacted } from "effect"
import { Letters, mailerSuite } from "./MailerSuite.ts"

const from = "kite <kite@example.org>"
const mailerTo = (url: string) => MailerSmtp.layer(Redacted.make(url), from)

const smtp = Layer.unwrap(
  Effect.map(startReceiver(), ({ port, received }) => {
    const next = Effect.flatMap(Queue.take(received), ({ raw }) => readLetter(raw))
    return Layer.merge(mailerTo(`smtp://127.0.0.1:${port}`), Layer.succeed(Letters, { next }))
  })
)

mailerSuite("Mailer over SMTP", smtp)

const secret = "https://kite.example/reset#the-secret-of-the-link"
const mail = { to: "anna@example.org", subject: "Hello", text: Redacted.make(secret) }
const sendTo = (url: string) => Mailer.use(({ send }) => send(mail)).pipe(Effect.provide(mailerTo(url)))

/** A server that refuses every recipient with this reply. */
const refusing = (responseCode: number) =>
  startReceiver({
    onRcptTo: (_address, _session, callback) => callback(Object.assign(new Error(`no, ${secret}`), { responseCode }))
  })

it.live("the envelope is the sender and the one recipient", () =>
  Effect.gen(function* () {
    const { port, received } = yield* startReceiver()
    yield* sendTo(`smtp://127.0.0.1:${port}`)
    const envelope = yield* Queue.take(received)
    assert.deepInclude(envelope, { from: "kite@example.org", recipients: ["anna@example.org"] })
  })
)

it.live("user and password of SMTP_URL log in", () =>
  Effect.gen(function* () {
    const { port, received } = yield* startReceiver({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, callback) =>
        username === "kite" && password === "p@ss" ? callback(null, { user: "kite" }) : callback(new Error("no"))
    })
    yield* sendTo(`smtp://kite:p%40ss@127.0.0.1:${port}`)
    assert.lengthOf((yield* Queue.take(received)).recipients, 1)
    assert.isFalse((yield* Effect.flip(sendTo(`smtp://kite:wrong@127.0.0.1:${port}`))).isRetryable)
  })
)

it.live("a temporary refusal can be retried, a permanent one cannot; neither error shows the mail", () =>
  Effect.gen(function* () {
    for (const [code, isRetryable] of [
      [451, true],
      [550, false]
    ] as const) {
      const { port } = yield* refusing(code)
      const error = yield* Effect.flip(sendTo(`smtp://127.0.0.1:${port}`))
      assert.deepInclude(error, { _tag: "MailError", isRetryable })
      assert.include(error.message, String(code))
      assert.notInclude(JSON.stringify(error) + error.stack, "the-secret-of-the-link")
    }
  })
)

it.live("a connection that requires TLS sends nothing without it", () =>
  Effect.gen(function* () {
    const { port, received } = yield* startReceiver()
    assert.strictEqual((yield* Effect.flip(sendTo(`smtp://127.0.0.1:${port}?requireTLS=true`)))._tag, "MailError")
    assert.strictEqual(yield* Queue.size(received), 0)
  })
)

/** A server that accepts connections and never sends anything. */
const silent = Effect.acquireRelease(
  Effect.callback<{ readonly server: Server; readonly sockets: Set<Socket>; readonly port: number }>((resume) => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => sockets.add(socket))
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed({ server, sockets, port: typeof address === "object" ? (address?.port ?? 0) : 0 }))
    })
  }),
  ({ server, sockets }) =>
    Effect.sync(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
)

it.live("a silent or missing server costs seconds, not minutes", () =>
  Effect.gen(function* () {
    const { port } = yield* silent
    const [elapsed, error] = yield* Effect.timed(Effect.flip(sendTo(`smtp://127.0.0.1:${port}`)))
    assert.isTrue(error.isRetryable)
    assert.isBelow(Duration.toSeconds(elapsed), 8)
    assert.isTrue((yield* Effect.flip(sendTo("smtp://127.0.0.1:1"))).isRetryable)
  })
)
