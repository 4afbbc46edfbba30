import { Clock, Context, Effect } from "effect"

/** Fiber-local facts of the current request or job: set once at the edge, inherited by every forked fiber. */

/** UUID of the request; a job that it causes has the same. `-` outside of both. */
export const CorrelationId = Context.Reference<string>("@kite/adapters/logging/CorrelationId", {
  defaultValue: () => "-"
})

/** The account of the request or job, once known. */
export const CurrentUserId = Context.Reference<string | undefined>("@kite/adapters/logging/CurrentUserId", {
  defaultValue: () => undefined
})

/** The address of the request's client, as a dotted quad or by RFC 5952; undefined outside of a request. */
export const ClientIp = Context.Reference<string | undefined>("@kite/adapters/logging/ClientIp", {
  defaultValue: () => undefined
})

/** The facts that a request or a job adds to each of its log lines. */
export class RequestRecord {
  readonly correlationId: string
  readonly clientIp: string | undefined
  readonly method: string | undefined
  /** Without the query, which may contain tokens and search words. */
  readonly path: string | undefined
  readonly documentId: string | undefined
  /** Of the job: which of the owner's runs. */
  readonly run: number | undefined
  /** Monotonic clock, nanoseconds; later by the time that the client asked to wait, which is no part of the latency. */
  startedAt: bigint
  /** The template (`/api/documents/:id`), known after routing. */
  route: string | undefined
  /** Known after authentication. The access log line is written outside of that scope, so it reads this. */
  userId: string | undefined
  /** The facts that never change as JSON members: encoded once per request, not once per line. */
  members: string | undefined = undefined

  constructor(facts: {
    readonly correlationId: string
    readonly startedAt: bigint
    readonly clientIp?: string | undefined
    readonly method?: string | undefined
    readonly path?: string | undefined
    readonly userId?: string | undefined
    readonly documentId?: string | undefined
    readonly run?: number | undefined
  }) {
    this.correlationId = facts.correlationId
    this.startedAt = facts.startedAt
    this.clientIp = facts.clientIp
    this.method = facts.method
    this.path = facts.path
    this.userId = facts.userId
    this.documentId = facts.documentId
    this.run = facts.run
  }
}

/** The request or job of this fiber, if any. */
export const CurrentRequest = Context.Reference<RequestRecord | undefined>("@kite/adapters/logging/CurrentRequest", {
  defaultValue: () => undefined
})

/** Runs the effect for this request or job: all its log lines and fibers have these facts. */
export const withRequest =
  (record: RequestRecord) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.updateContext(self, (context: Context.Context<R>) =>
      context.pipe(
        Context.add(CurrentRequest, record),
        Context.add(CorrelationId, record.correlationId),
        Context.add(CurrentUserId, record.userId),
        Context.add(ClientIp, record.clientIp)
      )
    )

/** Runs the effect for this account, which the access log line names too. */
export const withUser =
  (userId: string) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(CurrentRequest, (record) => {
      if (record !== undefined) record.userId = userId
      return Effect.provideService(self, CurrentUserId, userId)
    })

/** Runs the effect for a job of the queue: its log lines have the correlation id of the request that caused it. */
export const withJob =
  (job: {
    readonly correlationId: string
    readonly userId: string
    readonly documentId: string
    readonly run: number
  }) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Clock.Clock, (clock) =>
      withRequest(new RequestRecord({ ...job, startedAt: clock.monotonicTimeNanosUnsafe() }))(self)
    )
