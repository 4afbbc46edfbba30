import { keepRenewing } from "@kite/adapters/postgres/Lease"
import { decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import type { UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, Schedule, Schema, Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import type { Fragment } from "effect/sql/Statement"

/** A file may grow to this size before it holds any quota: small uploads cost no statement, and a flood of them little room. */
export const freeBytes = 256 * 1024
/** Asked for where twice as much is refused: an upload ends where the quota ends, not before. */
const smallStep = 64 * 1024

/** A reservation of a process that has been silent for so long is given back. */
const lifetime = "1 minute"
const heartbeat = "20 seconds"
const cleanUpInterval = "30 seconds"

/** How long the oldest upload waits for younger ones, which are refused, to give back what they hold. */
const patience = Schedule.max([Schedule.spaced("50 millis"), Schedule.recurs(100)])

/** The quota that one upload holds. */
export interface Reservation {
  /** For DocumentRepository.insert, which turns the reservation into used quota. */
  readonly id: string
  /** Makes sure that at least so many bytes are held; false where the quota does not have them left. */
  readonly hold: (bytes: number) => Effect.Effect<boolean>
}

/** Reserves quota while files stream, so that unfinished uploads together never hold more than the account may store. */
export class QuotaReservations extends Context.Service<
  QuotaReservations,
  {
    /** `expectedBytes`: how large the file may get. What is held is given back with the scope. */
    readonly open: (owner: UserId, expectedBytes: number) => Effect.Effect<Reservation, never, Scope.Scope>
    /** Gives back what processes held that died. */
    readonly removeExpired: Effect.Effect<void>
  }
>()("@kite/server/documents/QuotaReservations") {
  static readonly layer = Layer.effect(
    QuotaReservations,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const decode = decodeRow(Schema.Struct({ id: Schema.String }))

      /** Raises the reservation by `more`, or leaves everything as it was. */
      const raise = (id: string, owner: UserId, more: number) =>
        decode(sql`
          WITH reserved AS (
            UPDATE users SET reserved_bytes = reserved_bytes + ${more}
            WHERE id = ${owner} AND used_bytes + reserved_bytes + ${more} <= limit_bytes RETURNING id
          )
          INSERT INTO upload_reservations (id, user_id, bytes, expires_at)
          SELECT ${id}::uuid, id, ${more}::bigint, now() + ${lifetime}::interval FROM reserved
          ON CONFLICT (id) DO UPDATE SET bytes = upload_reservations.bytes + excluded.bytes, expires_at = excluded.expires_at
          RETURNING id`).pipe(Effect.map(Option.isSome))

      /** Whether younger uploads of the account hold quota, and none that is older. */
      const isOldestOfSeveral = (id: string, owner: UserId) =>
        decode(sql`
          SELECT id FROM upload_reservations WHERE id = ${id} AND user_id = ${owner}
            AND NOT EXISTS (SELECT FROM upload_reservations WHERE user_id = ${owner} AND id < ${id})
            AND EXISTS (SELECT FROM upload_reservations WHERE user_id = ${owner} AND id > ${id})`).pipe(
          Effect.map(Option.isSome)
        )

      const giveBack = (which: Fragment) =>
        orDefect(sql`
          WITH gone AS (
            DELETE FROM upload_reservations WHERE ${which} RETURNING user_id, bytes
          ), sums AS (SELECT user_id, sum(bytes) AS bytes FROM gone GROUP BY user_id)
          UPDATE users SET reserved_bytes = reserved_bytes - sums.bytes FROM sums WHERE users.id = sums.user_id`)

      const renew = (id: string) =>
        orDefect(sql`UPDATE upload_reservations SET expires_at = now() + ${lifetime}::interval WHERE id = ${id}`)

      const open = Effect.fnUntraced(function* (owner: UserId, expectedBytes: number) {
        const id = SecureRandom.uuidV7Unsafe()
        let held = 0
        const grow = Effect.fnUntraced(function* (bytes: number) {
          if (held === 0) {
            // If that fails, the reservation expires.
            yield* Effect.addFinalizer(() => Effect.ignoreCause(giveBack(sql`id = ${id}`)))
            yield* keepRenewing(renew(id), heartbeat)
          }
          // Twice the size, so that a large file takes a handful of statements; never more than the file may need.
          for (const target of [Math.min(expectedBytes, 2 * bytes), bytes + smallStep, bytes]) {
            if (target < bytes || !(yield* raise(id, owner, target - held))) continue
            held = target
            return true
          }
          return false
        })
        const refused = (isHeld: boolean) => (isHeld ? Effect.succeed(false) : isOldestOfSeveral(id, owner))
        const scope = yield* Effect.scope
        return {
          id,
          // Uploads that grow side by side would otherwise all be refused, each because of the others.
          hold: (bytes: number) =>
            bytes <= freeBytes || bytes <= held
              ? Effect.succeed(true)
              : Effect.repeat(grow(bytes), { schedule: patience, while: refused }).pipe(Scope.provide(scope))
        } satisfies Reservation
      })

      const removeExpired = Effect.asVoid(giveBack(sql`expires_at < now()`))
      // Several servers may do this: what one gave back, the next no longer finds.
      yield* removeExpired.pipe(
        Effect.catchCause((cause) => Effect.logError("Expired upload reservations could not be given back", cause)),
        Effect.repeat(Schedule.spaced(cleanUpInterval)),
        Effect.forkScoped
      )
      return QuotaReservations.of({ open, removeExpired })
    })
  )
}
