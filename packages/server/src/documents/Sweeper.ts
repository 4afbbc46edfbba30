import { ObjectStore, type StoredObject } from "@kite/adapters/objects/ObjectStore"
import { decodeRows } from "@kite/adapters/postgres/Rows"
import { ObjectKey } from "@kite/domain/documents/Document"
import { Context, DateTime, Duration, Effect, Layer, Schedule, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { IdempotencyKeys } from "./IdempotencyKeys.ts"

/** Longer than any upload may take: younger objects may yet get their document. */
const grace = Duration.hours(1)
const batchSize = 500

/** Removes what a crash left behind: objects in the store that belong to no document. */
export class Sweeper extends Context.Service<
  Sweeper,
  {
    /** Removes every orphan that is older than this; answers how many. */
    readonly sweep: (olderThan: Duration.Duration) => Effect.Effect<number>
  }
>()("@kite/server/documents/Sweeper") {
  static readonly layer = Layer.effect(
    Sweeper,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* ObjectStore
      const keys = decodeRows(Schema.Struct({ objectKey: ObjectKey }))

      const sweepBatch = Effect.fnUntraced(function* (objects: ReadonlyArray<StoredObject>) {
        const found = objects.map(({ key }) => key)
        const owned = yield* keys(sql`SELECT object_key FROM documents WHERE ${sql.in("object_key", found)}`)
        const kept = new Set(owned.map(({ objectKey }) => objectKey))
        const orphans = found.filter((key) => !kept.has(key))
        yield* Effect.forEach(orphans, (key) => store.remove(key), { concurrency: 4, discard: true })
        return orphans.length
      })

      return Sweeper.of({
        sweep: Effect.fn("Sweeper.sweep")(function* (olderThan) {
          const limit = DateTime.subtractDuration(yield* DateTime.now, olderThan)
          const removed = yield* store.list.pipe(
            Stream.filter(({ modifiedAt }) => DateTime.isLessThanOrEqualTo(modifiedAt, limit)),
            Stream.grouped(batchSize),
            Stream.mapEffect(sweepBatch),
            Stream.runFold(
              () => 0,
              (sum, count) => sum + count
            ),
            Effect.catch((error) => Effect.as(Effect.logWarning("The sweep stopped early", error), 0))
          )
          if (removed > 0) yield* Effect.logInfo(`Removed ${removed} objects without a document`)
          return removed
        })
      })
    })
  )

  /** Sweeps once an hour, for as long as the layer lives. Several servers may: what one removed, the next no longer finds. */
  static readonly hourly = Layer.effectDiscard(
    Effect.gen(function* () {
      const { sweep } = yield* Sweeper
      const { removeExpired } = yield* IdempotencyKeys
      const guarded = (effect: Effect.Effect<unknown>) =>
        Effect.catchCause(effect, (cause) => Effect.logError("The sweep failed", cause))
      const both = Effect.andThen(guarded(sweep(grace)), guarded(removeExpired))
      yield* Effect.forkScoped(Effect.repeat(both, Schedule.spaced("1 hour")))
    })
  ).pipe(Layer.provide([Sweeper.layer, IdempotencyKeys.layer]))
}
