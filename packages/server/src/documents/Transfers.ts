import { Settings } from "@kite/adapters/settings/Settings"
import { TooManyTransfers } from "@kite/domain/documents/DocumentErrors"
import type { UserId } from "@kite/domain/users/User"
import { Context, type Duration, Effect, Layer, type Scope, Semaphore } from "effect"

/** Transfers of an account that may wait for their turn; a client that begins more at once is told to slow down. */
const maxWaiting = 100
/** How long one waits for its turn, its body unread. */
const patience: Duration.Input = "10 seconds"

interface Slots {
  readonly semaphore: Semaphore.Semaphore
  /** Those that hold a slot and those that wait for one. */
  users: number
}

/** At most `limit` at once for each account; the account's entry goes with its last transfer. */
const makeSlots = (limit: number) => {
  const slots = new Map<UserId, Slots>()

  const enter = (owner: UserId) => {
    const entry = slots.get(owner) ?? { semaphore: Semaphore.makeUnsafe(limit), users: 0 }
    entry.users += 1
    slots.set(owner, entry)
    return entry
  }
  const leave = (owner: UserId, entry: Slots) =>
    Effect.sync(() => {
      entry.users -= 1
      if (entry.users === 0) slots.delete(owner)
    })

  return (owner: UserId): Effect.Effect<void, TooManyTransfers, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        if ((slots.get(owner)?.users ?? 0) >= limit + maxWaiting) return yield* new TooManyTransfers({})
        const entry = enter(owner)
        yield* restore(entry.semaphore.take(1)).pipe(
          Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(new TooManyTransfers({})) }),
          Effect.onError(() => leave(owner, entry))
        )
        yield* Effect.addFinalizer(() => Effect.andThen(entry.semaphore.release(1), leave(owner, entry)))
      })
    )
}

/** Bounds what one account streams at once through this process: beyond the bound it waits, and is refused after 10 s. */
export class Transfers extends Context.Service<
  Transfers,
  {
    /** A slot that is held until the scope closes. */
    readonly upload: (owner: UserId) => Effect.Effect<void, TooManyTransfers, Scope.Scope>
    readonly download: (owner: UserId) => Effect.Effect<void, TooManyTransfers, Scope.Scope>
  }
>()("@kite/server/documents/Transfers") {
  static readonly layer = Layer.effect(
    Transfers,
    Effect.map(Settings, ({ MAX_UPLOADS_PER_ACCOUNT, MAX_DOWNLOADS_PER_ACCOUNT }) =>
      Transfers.of({
        upload: makeSlots(MAX_UPLOADS_PER_ACCOUNT),
        download: makeSlots(MAX_DOWNLOADS_PER_ACCOUNT)
      })
    )
  )
}
