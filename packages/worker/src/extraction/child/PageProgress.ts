import { Context, Effect } from "effect"

/** Of the request that is being read: where it starts, and how its parent is told of the page that comes next. */
export const PageProgress = Context.Reference<{
  /** The pages before it are read already, by a child that is gone. */
  readonly firstPage: number
  readonly begin: (number: number) => Effect.Effect<void>
  /** Gives the page that is being read its time once more. */
  readonly extend: Effect.Effect<void>
}>("@kite/worker/extraction/child/PageProgress", {
  defaultValue: () => ({ firstPage: 1, begin: () => Effect.void, extend: Effect.void })
})
