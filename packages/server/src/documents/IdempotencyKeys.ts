import { createHash } from "node:crypto"
import { keepRenewing } from "@kite/adapters/postgres/Lease"
import { decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { IdempotencyKeyInUse } from "@kite/domain/documents/DocumentErrors"
import type { IdempotencyKey } from "@kite/domain/documents/IdempotencyKey"
import type { UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, Schema, type Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"

/** How long a response is kept. */
const retention = "24 hours"
/** A claim of a process that has been silent for so long is free. */
const lease = "20 seconds"
const heartbeat = "5 seconds"

const sweepBatch = 1_000
const maxSweepBatches = 1_000

/** What an upload returned, word for word. */
export const KeptResponse = Schema.Struct({
  status: Schema.Literals([200, 201]),
  response: Schema.Record(Schema.String, Schema.Unknown)
})
export type KeptResponse = typeof KeptResponse.Type

const Row = Schema.Struct({
  fingerprint: Schema.NullOr(Schema.Uint8Array),
  status: Schema.NullOr(KeptResponse.fields.status),
  response: Schema.NullOr(KeptResponse.fields.response)
})

/** The right to be the one upload with a key. */
export interface Claim {
  /**
   * Keeps the response, in the transaction of the upload: both are committed or neither is. Fails if the claim was lost, because this
   * process was silent for too long and another request has the key now.
   */
  readonly keep: (fingerprint: Uint8Array, kept: KeptResponse) => Effect.Effect<void, IdempotencyKeyInUse>
}

/** What a key is at the beginning of a request: free, and now claimed, or that of an upload that has ended. */
export type Begun =
  | { readonly _tag: "Claimed"; readonly claim: Claim }
  | { readonly _tag: "Kept"; readonly fingerprint: Uint8Array; readonly kept: KeptResponse }

/**
 * The keys of uploads that may be repeated, in PostgreSQL, so that every server knows them: one row for each key of an account. It is
 * a claim while the upload runs, and holds its response for 24 hours afterwards. Uploads that fail leave no row.
 */
export class IdempotencyKeys extends Context.Service<
  IdempotencyKeys,
  {
    /** Claims the key until the scope closes, or returns what it stands for. Fails while another request has claimed it. */
    readonly begin: (owner: UserId, key: IdempotencyKey) => Effect.Effect<Begun, IdempotencyKeyInUse, Scope.Scope>
    /** Removes keys that have expired; they count as free with or without their rows. Returns how many. */
    readonly removeExpired: Effect.Effect<number>
  }
>()("@kite/server/documents/IdempotencyKeys") {
  static readonly layer = Layer.effect(
    IdempotencyKeys,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const one = decodeRow(Row)
      const holders = decodeRows(Schema.Struct({ holder: Schema.String }))

      const begin = Effect.fn("IdempotencyKeys.begin")(function* (owner: UserId, key: IdempotencyKey) {
        const keyHash = createHash("sha256").update(key).digest()
        const holder = SecureRandom.uuidV4Unsafe()
        const isKey = sql`user_id = ${owner} AND key_hash = ${keyHash}`
        const isMine = sql`${isKey} AND holder = ${holder} AND fingerprint IS NULL`

        let isKept = false
        const release = Effect.ignoreCause(orDefect(sql`DELETE FROM idempotency_keys WHERE ${isMine}`))
        const claimed = yield* Effect.acquireRelease(
          holders(sql`
            INSERT INTO idempotency_keys AS known (user_id, key_hash, holder, expires_at)
            VALUES (${owner}, ${keyHash}, ${holder}, now() + ${lease}::interval)
            ON CONFLICT (user_id, key_hash) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,
              fingerprint = NULL, status = NULL, response = NULL
            WHERE known.expires_at < now() RETURNING holder`),
          ({ length }) => (length === 0 || isKept ? Effect.void : release)
        )
        if (claimed.length === 0) {
          const row = yield* one(sql`SELECT fingerprint, status, response FROM idempotency_keys WHERE ${isKey}`)
          const { fingerprint, status, response } = Option.getOrElse(row, () => ({
            fingerprint: null,
            status: null,
            response: null
          }))
          if (fingerprint === null || status === null || response === null) return yield* new IdempotencyKeyInUse({})
          return { _tag: "Kept", fingerprint, kept: { status, response } } satisfies Begun
        }

        const renew = orDefect(sql`UPDATE idempotency_keys SET expires_at = now() + ${lease}::interval WHERE ${isMine}`)
        yield* keepRenewing(renew, heartbeat)
        const keep = Effect.fnUntraced(function* (fingerprint: Uint8Array, { status, response }: KeptResponse) {
          const rows = yield* holders(sql`
            UPDATE idempotency_keys SET fingerprint = ${fingerprint}, status = ${status}::smallint,
              response = ${JSON.stringify(response)}::json, expires_at = now() + ${retention}::interval
            WHERE ${isMine} RETURNING holder`)
          if (rows.length === 0) return yield* new IdempotencyKeyInUse({})
          isKept = true
        })
        return { _tag: "Claimed", claim: { keep } } satisfies Begun
      })

      const removeBatch = holders(sql`
        DELETE FROM idempotency_keys WHERE (user_id, key_hash) IN
          (SELECT user_id, key_hash FROM idempotency_keys WHERE expires_at < now() LIMIT ${sweepBatch})
          AND expires_at < now() RETURNING holder`)
      const removeExpired = Effect.gen(function* () {
        let removed = 0
        for (let batch = 0; batch < maxSweepBatches; batch++) {
          const { length } = yield* removeBatch
          removed += length
          if (length < sweepBatch) break
        }
        return removed
      })

      return IdempotencyKeys.of({ begin, removeExpired })
    })
  )
}
