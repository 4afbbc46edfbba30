import { Mailer, SentMails } from "@kite/adapters/mail/Mailer"
import { Effect, Layer, Queue, Redacted } from "effect"
import { Letters, mailerSuite } from "./MailerSuite.ts"

const letters = Layer.effect(
  Letters,
  Effect.map(SentMails, (sent) => ({
    next: Effect.map(Queue.take(sent), ({ to, subject, text }) => ({ to: [to], subject, text: Redacted.value(text) }))
  }))
)

mailerSuite("Mailer in memory", letters.pipe(Layer.provideMerge(Mailer.layerMemory)))
