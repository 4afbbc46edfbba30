import { Context } from "effect"

/** Fiber-local facts of the request or job being served: set once at the edge, inherited by every forked fiber. */

/** UUID of the request; the job that it causes carries the same. `-` outside of both. */
export const CorrelationId = Context.Reference<string>("@kite/adapters/logging/CorrelationId", {
  defaultValue: () => "-"
})

/** The account that is served, once known. */
export const CurrentUserId = Context.Reference<string | undefined>("@kite/adapters/logging/CurrentUserId", {
  defaultValue: () => undefined
})
