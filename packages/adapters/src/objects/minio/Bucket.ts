import * as http from "node:http"
import * as https from "node:https"
import { type Duration, Effect, Redacted, Schedule, type Scope } from "effect"
import { Client, S3Error } from "minio"
import { ObjectStoreError } from "../ObjectStore.ts"
import type { BucketLocation } from "./BucketLocation.ts"

/** A server that sends nothing for this long counts as dead. */
export const replyWithin: Duration.Input = "15 seconds"

type Call<A> = (client: Client, bucket: string) => Promise<A>

/** One bucket behind the `minio` client, which has no time-outs: every call here ends. */
export interface Bucket {
  /** Runs one call; its connection is cut when it fails, is interrupted or takes longer than `within`. */
  readonly call: <A>(operation: string, run: Call<A>, within?: Duration.Input) => Effect.Effect<A, ObjectStoreError>
  /** As `call`, for idempotent calls: up to 3 attempts within the same time if the network or the server fails. */
  readonly repeatable: Bucket["call"]
  /** As `repeatable`, but the connection stays open until the scope ends: for responses that are streams. */
  readonly open: <A>(operation: string, run: Call<A>) => Effect.Effect<A, ObjectStoreError, Scope.Scope>
}

/** The server's code of a refusal (4xx); undefined for what may be temporary: a lost connection, 5xx, 429. */
export const refusal = ({ cause }: ObjectStoreError) =>
  cause instanceof S3Error ? (cause.code ?? cause.name) : undefined

/** Connections are kept alive between calls and closed with the scope. */
export const connectBucket = Effect.fnUntraced(function* (location: BucketLocation) {
  const transport = location.secure ? https : http
  const agent = yield* Effect.acquireRelease(
    Effect.sync(() => new transport.Agent({ keepAlive: true })),
    (agent) => Effect.sync(() => agent.destroy())
  )

  // The client calls only this form of the overloaded function.
  const requestUntil = (signal: AbortSignal) =>
    ((options: http.RequestOptions, onResponse: (response: http.IncomingMessage) => void) =>
      transport.request({ ...options, signal }, onResponse)) as typeof http.request

  /** A client for one call: its requests end with the signal. It is cheap to create and holds no connection. */
  const clientUntil = (signal: AbortSignal) =>
    new Client({
      endPoint: location.host,
      port: location.port,
      useSSL: location.secure,
      accessKey: location.accessKey,
      secretKey: Redacted.value(location.secretKey),
      region: location.region,
      transportAgent: agent,
      // The client's own retries repeat any call and write to the console.
      retryOptions: { disableRetry: true },
      transport: { request: requestUntil(signal) }
    })

  const attempt = <A>(operation: string, run: Call<A>) =>
    Effect.acquireRelease(
      Effect.sync(() => new AbortController()),
      (controller) => Effect.sync(() => controller.abort())
    ).pipe(
      Effect.flatMap((controller) =>
        Effect.tryPromise({
          try: () => run(clientUntil(controller.signal), location.bucket),
          catch: (cause) => new ObjectStoreError({ operation, cause })
        })
      )
    )

  const again = <A, R>(effect: Effect.Effect<A, ObjectStoreError, R>) =>
    Effect.retry(effect, {
      times: 2,
      schedule: Schedule.exponential("100 millis"),
      while: (error) => refusal(error) === undefined
    })

  const bounded = <A, R>(
    effect: Effect.Effect<A, ObjectStoreError, R>,
    operation: string,
    duration: Duration.Input = replyWithin
  ) =>
    Effect.timeoutOrElse(effect, {
      duration,
      orElse: () => Effect.fail(new ObjectStoreError({ operation, cause: new Error("no reply in time") }))
    })

  const bucket: Bucket = {
    call: (operation, run, within) => bounded(Effect.scoped(attempt(operation, run)), operation, within),
    repeatable: (operation, run, within) => bounded(again(Effect.scoped(attempt(operation, run))), operation, within),
    open: (operation, run) => bounded(again(attempt(operation, run)), operation)
  }
  return bucket
})
