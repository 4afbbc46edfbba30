import { orDefect } from "@kite/adapters/postgres/Rows"
import { Effect, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"

const batchSize = 1_000
/** More than an hour of logins can fill; the rest is removed in the next hour. */
const maxBatches = 100

/** Removes sessions and mailed tokens that expired more than a day ago. Their tokens are refused with or without the rows. */
export const removeExpired = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const table of ["password_resets", "email_proofs", "invites"]) {
    yield* orDefect(sql`DELETE FROM ${sql(table)} WHERE expires_at < now() - interval '1 day'`)
  }
  const removeBatch = orDefect(sql`
    DELETE FROM sessions
    WHERE id IN (SELECT id FROM sessions WHERE expires_at < now() - interval '1 day' LIMIT ${batchSize}) RETURNING id`)
  yield* removeBatch.pipe(Effect.repeat({ times: maxBatches, while: (removed) => removed.length === batchSize }))
})

/** Removes them once an hour. Several servers may do so at the same time: each row is removed once. */
export const layer = Layer.effectDiscard(
  removeExpired.pipe(
    Effect.catchCause((cause) => Effect.logError("Could not remove expired sessions", cause)),
    Effect.repeat(Schedule.spaced("1 hour")),
    Effect.forkScoped
  )
)
