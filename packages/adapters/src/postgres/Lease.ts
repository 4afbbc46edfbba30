import { type Duration, Effect, Schedule } from "effect"

/**
 * Renews a lease in the database at this interval until the scope closes. One that cannot be renewed now is tried again the next time,
 * whatever the reason: a lease lasts for several of them.
 */
export const keepRenewing = (renew: Effect.Effect<unknown>, every: Duration.Input) =>
  renew.pipe(Effect.ignoreCause, Effect.repeat(Schedule.spaced(every)), Effect.delay(every), Effect.forkScoped)
