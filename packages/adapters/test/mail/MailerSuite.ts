import { assert } from "@effect/vitest"
import { Mailer } from "@kite/adapters/mail/Mailer"
import type { Letter } from "@kite/testkit/mail/RawMail"
import { suite } from "@kite/testkit/Suite"
import { Context, Effect, type Layer, Redacted } from "effect"

/** What the Mailer under test delivered, in order. */
export class Letters extends Context.Service<Letters, { readonly next: Effect.Effect<Letter> }>()(
  "test/mail/Letters"
) {}

const to = "anna@example.org"
const send = (subject: string, text: string, address = to) =>
  Mailer.use((mailer) => mailer.send({ to: address, subject, text: Redacted.make(text) }))
const next = Letters.use((letters) => letters.next)

/** The behaviour of every layer of Mailer. */
export const mailerSuite = (name: string, mailer: Layer.Layer<Mailer | Letters>) =>
  suite(mailer)(name, (it) => {
    it.effect("delivers subject and text unchanged, in any script", () =>
      Effect.gen(function* () {
        const text =
          "Grüße aus Ελλάδα, привет 🪁\n\n. a line that begins with a dot\nhttps://kite.example/#token=a-_b\n"
        yield* send("Passwort für 凧 🪁", text)
        assert.deepStrictEqual(yield* next, { to: [to], subject: "Passwort für 凧 🪁", text })
      })
    )

    it.effect("keeps a line of 5,000 characters intact", () =>
      Effect.gen(function* () {
        const text = `${"0123456789".repeat(500)}\n`
        yield* send("long", text)
        assert.strictEqual((yield* next).text, text)
      })
    )

    it.effect("sends to the one address, whatever subject and text contain", () =>
      Effect.gen(function* () {
        yield* send("Hello\r\nBcc: eve@example.org", "\r\n.\r\nRCPT TO:<eve@example.org>\r\n")
        assert.deepStrictEqual((yield* next).to, [to])
      })
    )

    it.effect("delivers each of many simultaneous mails once", () =>
      Effect.gen(function* () {
        const subjects = Array.from({ length: 20 }, (_, index) => `mail ${index}`)
        yield* Effect.forEach(subjects, (subject) => send(subject, "text\n"), {
          concurrency: "unbounded",
          discard: true
        })
        const arrived = yield* Effect.forEach(subjects, () => next)
        assert.sameMembers(
          arrived.map(({ subject }) => subject),
          subjects
        )
      })
    )
  })
