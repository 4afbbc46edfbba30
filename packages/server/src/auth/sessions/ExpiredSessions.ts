import { orDefect } from "@kite/adapters/postgres/Rows"
import { Effect, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"

const batchSize = 1_000
/** More batches than an hour of logins can fill; what is left waits for the next hour. */
const maxBatches = 100

/** Removes sessions and reset tokens that ended more than a day ago; their tokens are refused with or without them. */
export const removeExpired = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* orDefect(sql`DELETE FROM password_resets WHERE expires_at < now() - interval '1 day'`)
  const removeBatch = orDefect(sql`
    DELETE FROM sessions
    WHERE id IN (SELECT id FROM sessions WHERE expires_at < now() - interval '1 day' LIMIT ${batchSize}) RETURNING id`)
  yield* removeBatch.pipe(Effect.repeat({ times: maxBatches, while: (removed) => removed.length === batchSize }))
})

/** Once an hour. Several servers may: what one removed, the next no longer finds. */
export const hourly = Layer.effectDiscard(
  removeExpired.pipe(
    Effect.catchCause((cause) => Effect.logError("Ended sessions could not be removed", cause)),
    Effect.repeat(Schedule.spaced("1 hour")),
    Effect.forkScoped
  )
)
