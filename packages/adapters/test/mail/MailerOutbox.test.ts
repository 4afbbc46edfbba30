import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Mailer } from "@kite/adapters/mail/Mailer"
import * as MailerOutbox from "@kite/adapters/mail/MailerOutbox"
import { parse, readLetter } from "@kite/testkit/mail/RawMail"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Layer, Redacted } from "effect"
import { Letters, mailerSuite } from "./MailerSuite.ts"

const from = "kite <kite@example.org>"

const outbox = Layer.unwrap(
  Effect.map(temporaryDirectory, (directory) => {
    const seen = new Set<string>()
    const next = Effect.gen(function* () {
      const names = yield* Effect.promise(() => readdir(directory))
      const name = names.sort().find((found) => !seen.has(found)) ?? ""
      seen.add(name)
      return yield* readLetter(yield* Effect.promise(() => readFile(join(directory, name))))
    })
    return Layer.merge(MailerOutbox.layer(directory, from), Layer.succeed(Letters, { next }))
  })
)

mailerSuite("Mailer into the outbox", outbox)

const mail = { to: "anna@example.org", subject: "Hello", text: Redacted.make("text\n") }

it.effect("a mail in the outbox is a complete file that only its owner can read, with sender and date", () =>
  Effect.gen(function* () {
    const directory = join(yield* temporaryDirectory, "outbox")
    yield* Mailer.use(({ send }) => send(mail)).pipe(Effect.provide(MailerOutbox.layer(directory, from)))
    const [name = "", ...others] = yield* Effect.promise(() => readdir(directory))
    assert.deepStrictEqual(others, [])
    assert.match(name, /^1970-01-01T00-00-00\.000Z-[0-9a-f-]{36}\.eml$/)
    const { mode } = yield* Effect.promise(() => stat(join(directory, name)))
    assert.strictEqual(mode & 0o777, 0o600)
    const message = yield* parse(yield* Effect.promise(() => readFile(join(directory, name))))
    assert.deepInclude(message, { date: "1970-01-01T00:00:00.000Z" })
    assert.deepInclude(message.from, { name: "kite", address: "kite@example.org" })
  })
)

it.effect("a link in the outbox can be copied without changes", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const link = `http://127.0.0.1:8000/reset#${"a-_b".repeat(11)}`
    const text = Redacted.make(`Open\n\n${link}\n\nSoon.\n`)
    yield* Mailer.use(({ send }) => send({ ...mail, text })).pipe(Effect.provide(MailerOutbox.layer(directory, from)))
    const [name = ""] = yield* Effect.promise(() => readdir(directory))
    assert.include((yield* Effect.promise(() => readFile(join(directory, name), "utf8"))).split("\n"), link)
  })
)

it.effect("writing to a broken outbox fails with a retryable error that does not show the mail", () =>
  Effect.gen(function* () {
    const error = yield* Mailer.use(({ send }) => send(mail)).pipe(
      Effect.provide(MailerOutbox.layer("/dev/null/outbox", from)),
      Effect.flip
    )
    assert.deepInclude(error, { _tag: "MailError", isRetryable: true, message: "The outbox cannot be written" })
  })
)
