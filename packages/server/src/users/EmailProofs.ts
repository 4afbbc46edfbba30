import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import { Email } from "@kite/domain/users/Email"
import type { EmailProofToken } from "@kite/domain/users/MailedTokens"
import { UserId } from "@kite/domain/users/User"
import { InvalidEmailProof } from "@kite/domain/users/UserErrors"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { makeRecordAccountEvent } from "../audit/AccountEvents.ts"
import { AuditLog } from "../audit/AuditLog.ts"
import { hashOf, makeToken } from "../auth/tokens/OpaqueToken.ts"
import { publicUrl } from "../http/PublicUrl.ts"
import { emailProofMail } from "./UserMails.ts"

/** How many tokens are mailed to an account per hour, so that nobody can flood its mailbox. */
const maxPerHour = 3

/** Proof that a user reads the mail of the account's address, by a token in a mail. Only its SHA-256 is stored. */
export class EmailProofs extends Context.Service<
  EmailProofs,
  {
    /** Mails a token, in the background, unless the address is proven or three were mailed in this hour. */
    readonly request: (userId: UserId) => Effect.Effect<void>
    /** Uses the token up, and every other token of the account. */
    readonly confirm: (token: EmailProofToken) => Effect.Effect<void, InvalidEmailProof>
  }
>()("@kite/server/users/EmailProofs") {
  static readonly layerNoDeps = Layer.effect(
    EmailProofs,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const mails = yield* MailQueue
      const recordAccountEvent = yield* makeRecordAccountEvent
      const baseUrl = yield* publicUrl
      const addressOf = decodeRow(Schema.Struct({ email: Schema.toType(Email) }))
      const ownerOf = decodeRow(Schema.Struct({ userId: UserId }))

      const add = Effect.fnUntraced(function* (userId: UserId) {
        const token = makeToken()
        // The count below is right only if requests for one account run one after another.
        yield* sql`SELECT 1 FROM users WHERE id = ${userId} FOR NO KEY UPDATE`
        const address = yield* addressOf(sql`
          WITH added AS (
            INSERT INTO email_proofs (hash, user_id, expires_at)
            SELECT ${hashOf(token)}, id, now() + interval '1 day' FROM users
            WHERE id = ${userId} AND active AND NOT email_proven AND ${maxPerHour} > (
              SELECT count(*) FROM email_proofs WHERE user_id = ${userId} AND created_at > now() - interval '1 hour')
            RETURNING user_id
          )
          SELECT email FROM users JOIN added ON added.user_id = users.id`)
        if (Option.isSome(address)) yield* recordAccountEvent("email_proof_requested", userId)
        return Option.map(address, ({ email }) => emailProofMail(email, baseUrl, token))
      })

      const use = Effect.fnUntraced(function* (token: EmailProofToken) {
        const owner = Option.getOrUndefined(
          yield* ownerOf(sql`
            DELETE FROM email_proofs WHERE hash = ${hashOf(token)} AND expires_at > now() RETURNING user_id`)
        )
        if (owner === undefined) return yield* new InvalidEmailProof({})
        yield* sql`DELETE FROM email_proofs WHERE user_id = ${owner.userId}`
        yield* sql`UPDATE users SET email_proven = true WHERE id = ${owner.userId}`
        yield* recordAccountEvent("email_proven", owner.userId)
      }, sql.withTransaction)

      return EmailProofs.of({
        request: (userId) => mails.offer(orDefect(sql.withTransaction(add(userId)))),
        confirm: Effect.fn("EmailProofs.confirm")(function* (token) {
          yield* orDefect(use(token))
        })
      })
    })
  )

  static readonly layer = EmailProofs.layerNoDeps.pipe(Layer.provide([MailQueue.layer, AuditLog.layer]))
}
