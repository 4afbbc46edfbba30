import { Cause, type Duration, Effect, Semaphore } from "effect"
import type { SqlClient } from "effect/sql"
import { ConnectionError, isSqlError, SqlError } from "effect/sql/SqlError"

const noConnection = new SqlError({
  reason: new ConnectionError({
    cause: new Error("every connection is in a transaction"),
    message: "no connection became free in time",
    operation: "acquire"
  })
})

/** When a connection breaks in a transaction, its ROLLBACK fails too, and the client reports that as a defect: one error. */
const undoFailedRollback = <E>(cause: Cause.Cause<E>): Effect.Effect<never, E | SqlError> => {
  const lost = cause.reasons
    .filter(Cause.isDieReason)
    .map(({ defect }) => defect)
    .find(isSqlError)
  if (lost === undefined || Cause.findErrorOption(cause)._tag === "Some") return Effect.failCause(cause)
  return Effect.fail(lost)
}

/**
 * Runs at most `limit` transactions at once. Others wait up to `acquireTimeout` and then fail with a retryable SqlError, so
 * that a flood is refused and not queued without end. Those that wait the longest are first.
 */
export const boundTransactions = <Client extends SqlClient.SqlClient>(
  client: Client,
  limit: number,
  acquireTimeout: Duration.Input
): Client => {
  const turns = Semaphore.makeUnsafe(limit)
  let waiting = 0
  const { withTransaction } = client
  const bounded = <R, E, A>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.gen(function* () {
      const transaction = Effect.catchCause(withTransaction(effect), undoFailedRollback)
      const nested = yield* Effect.serviceOption(client.transactionService)
      if (nested._tag === "Some") return yield* transaction
      if (waiting === 0) {
        const atOnce = yield* turns.withPermitsIfAvailable(1)(transaction)
        if (atOnce._tag === "Some") return atOnce.value
      }
      // A released turn goes to the first that waits when its fiber runs next, and not to this one if it comes in between.
      else yield* Effect.yieldNow
      let isMyTurn = false
      const inTurn = turns.withPermit(
        Effect.suspend(() => {
          isMyTurn = true
          waiting--
          return transaction
        })
      )
      const tooLate = Effect.sleep(acquireTimeout).pipe(
        Effect.flatMap(() => (isMyTurn ? Effect.never : Effect.fail(noConnection)))
      )
      return yield* Effect.acquireUseRelease(
        Effect.sync(() => waiting++),
        () => Effect.raceFirst(inTurn, tooLate),
        () => Effect.sync(() => isMyTurn || waiting--)
      )
    })
  return Object.assign(client, { withTransaction: bounded })
}
