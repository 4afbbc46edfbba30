import { CurrentRequest } from "@kite/adapters/logging/RequestContext"
import * as Announcements from "@kite/adapters/postgres/Announcements"
import { decodeRows } from "@kite/adapters/postgres/Rows"
import { DocumentId, type DocumentStatus } from "@kite/domain/documents/Document"
import { TooManyWaits } from "@kite/domain/documents/DocumentErrors"
import type { UserId } from "@kite/domain/users/User"
import { Clock, Context, Deferred, type Duration, Effect, Layer, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"

/** Payloads of this channel are ids of documents that are finished or deleted. A trigger of the table sends them at the commit. */
const channel = "kite_documents"
/** How often one query looks for all that wait, while the connection is lost that announces it. */
const pollInterval = "2 seconds"
/** Requests of one account that wait at the same time in this process. */
const maxWaitsPerAccount = 20

/** One request that waits; woken whenever its document may be finished. */
interface Waiting {
  wake: Deferred.Deferred<void>
}

const isFinal = ({ status }: { readonly status: DocumentStatus }) => status === "ready" || status === "failed"

/** Time that the client asked to wait is no part of the request's latency. */
const offTheClock = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const record = yield* CurrentRequest
    const before = clock.monotonicTimeNanosUnsafe()
    const after = Effect.sync(() => {
      if (record !== undefined) record.startedAt += clock.monotonicTimeNanosUnsafe() - before
    })
    return yield* Effect.ensuring(effect, after)
  })

/**
 * Requests that wait until a document is finished. Waiting costs no query: PostgreSQL announces finished documents to every server
 * on one connection. While that is lost, one query in 2 s looks for all that wait.
 */
export class DocumentWaits extends Context.Service<
  DocumentWaits,
  {
    /**
     * Reads the document when it is `ready` or `failed`, and at the latest after this time as it is then. `read` runs at the beginning,
     * and whenever the document may be finished.
     */
    readonly untilFinished: <A extends { readonly status: DocumentStatus }, E>(
      owner: UserId,
      id: DocumentId,
      time: Duration.Input,
      read: Effect.Effect<A, E>
    ) => Effect.Effect<A, E | TooManyWaits>
    /** Whether the shutdown has begun. */
    readonly isStopping: Effect.Effect<boolean>
    /** Ends all waits, and those that begin later at once, so that a shutdown does not wait for them. */
    readonly stop: Effect.Effect<void>
  }
>()("@kite/server/documents/DocumentWaits") {
  static readonly layer = Layer.effect(
    DocumentWaits,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const ids = decodeRows(Schema.Struct({ id: DocumentId }))
      const waiting = new Map<DocumentId, Set<Waiting>>()
      const perAccount = new Map<UserId, number>()
      const stopping = yield* Deferred.make<void>()
      let isConnected = false

      const wake = (id: string) => {
        for (const one of waiting.get(DocumentId.make(id)) ?? []) Deferred.doneUnsafe(one.wake, Effect.void)
      }

      /** Wakes those whose document is finished or gone. */
      const look = Effect.gen(function* () {
        if (waiting.size === 0) return
        const found = yield* ids(sql`
          SELECT id FROM unnest(${Array.from(waiting.keys())}::uuid[]) AS waiting (id) WHERE NOT EXISTS (
            SELECT FROM documents WHERE documents.id = waiting.id AND status IN ('pending', 'processing'))`)
        for (const { id } of found) wake(id)
      })

      yield* Announcements.listen({
        channel,
        applicationName: "kite-documents",
        subject: "finished documents",
        connected: Effect.andThen(
          Effect.sync(() => {
            isConnected = true
          }),
          look
        ),
        received: (id) => Effect.sync(() => wake(id)),
        lost: Effect.sync(() => {
          isConnected = false
        })
      })
      yield* Effect.suspend(() => (isConnected ? Effect.void : look)).pipe(
        Effect.catchCause((cause) => Effect.logWarning("Could not look for finished documents", cause)),
        Effect.repeat(Schedule.spaced(pollInterval)),
        Effect.forkScoped
      )

      const enter = (owner: UserId, id: DocumentId) =>
        Effect.suspend(() => {
          const count = perAccount.get(owner) ?? 0
          if (count >= maxWaitsPerAccount) return Effect.fail(new TooManyWaits({}))
          perAccount.set(owner, count + 1)
          const one: Waiting = { wake: Deferred.makeUnsafe() }
          const all = waiting.get(id) ?? new Set()
          waiting.set(id, all.add(one))
          return Effect.succeed(one)
        })
      const leave = (owner: UserId, id: DocumentId, one: Waiting) =>
        Effect.sync(() => {
          const count = (perAccount.get(owner) ?? 1) - 1
          if (count === 0) perAccount.delete(owner)
          else perAccount.set(owner, count)
          const all = waiting.get(id)
          all?.delete(one)
          if (all?.size === 0) waiting.delete(id)
        })

      return DocumentWaits.of({
        isStopping: Deferred.isDone(stopping),
        stop: Effect.asVoid(Deferred.succeed(stopping, undefined)),
        untilFinished: (owner, id, time, read) => {
          // As PostgreSQL writes it; clients may spell it otherwise.
          const key = DocumentId.make(id.toLowerCase())
          const whenFinished = Effect.fnUntraced(function* (one: Waiting) {
            for (;;) {
              // Before it is read: what happens from here on wakes it.
              one.wake = Deferred.makeUnsafe()
              const row = yield* read
              if (isFinal(row)) return row
              yield* offTheClock(Deferred.await(one.wake))
            }
          })
          const timeIsUp = Effect.raceFirst(Deferred.await(stopping), Effect.sleep(time))
          return Effect.acquireUseRelease(
            enter(owner, key),
            (one) => Effect.raceFirst(whenFinished(one), Effect.andThen(timeIsUp, read)),
            (one) => leave(owner, key, one)
          )
        }
      })
    })
  )

  /** Built after the server, so it is closed before it: waits end at the beginning of the shutdown. */
  static readonly stopFirst = Layer.effectDiscard(
    Effect.flatMap(DocumentWaits, ({ stop }) => Effect.addFinalizer(() => stop))
  )
}
