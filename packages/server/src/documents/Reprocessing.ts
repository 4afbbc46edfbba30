import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import { decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { DocumentId, DocumentStatus } from "@kite/domain/documents/Document"
import { readersVersion } from "@kite/domain/documents/Extraction"
import { UserId } from "@kite/domain/users/User"
import { Context, Data, Duration, Effect, Layer, Option, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../audit/AuditLog.ts"
import { DocumentRepository } from "./DocumentRepository.ts"

/** How often the queue and the document that is being read are looked at. */
const interval = Duration.millis(200)
/** While the queue is never empty, a document is offered all the same after this time, so that the end comes. */
const patience = Duration.seconds(30)
/** A worker begins a document within this time, or there is none. */
const startTimeout = Duration.minutes(10)

/** Documents that were to be read again, and how many of them have been. */
export interface Progress {
  readonly total: number
  readonly done: number
  readonly failed: number
}

/** No worker has begun a document. */
export class NoWorker extends Data.TaggedError("NoWorker") {}

const Candidate = Schema.Struct({ id: DocumentId, userId: UserId })
const Status = Schema.Struct({ status: DocumentStatus })
const Count = Schema.Struct({ total: Schema.Int })

/**
 * Reads documents again that an earlier version of the readers has read, the newest first. One at a time, and only when the queue
 * is empty, so that nobody's upload waits for more than one of them. The documents themselves say which are left, so that it
 * goes on where it stopped.
 */
export class Reprocessing extends Context.Service<
  Reprocessing,
  {
    /** Reads them all, and tells after each how far it is. */
    readonly all: (report: (progress: Progress) => Effect.Effect<void>) => Effect.Effect<Progress, NoWorker>
  }
>()("@kite/server/documents/Reprocessing") {
  static readonly layerNoDeps = Layer.effect(
    Reprocessing,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* ExtractionQueue
      const audit = yield* AuditLog
      const repository = yield* DocumentRepository
      const candidate = decodeRow(Candidate)
      const statusOf = decodeRow(Status)
      const counted = decodeRow(Count)
      const isLeft = sql`readers_version < ${readersVersion} AND status IN ('ready', 'failed')`

      const total = Effect.map(
        orDefect(counted(sql`SELECT count(*)::int AS total FROM documents WHERE ${isLeft}`)),
        Option.match({ onNone: () => 0, onSome: ({ total }) => total })
      )

      const next = (before: Option.Option<DocumentId>) =>
        orDefect(
          candidate(sql`SELECT id, user_id FROM documents
            WHERE ${isLeft} ${Option.isSome(before) ? sql`AND id < ${before.value}` : sql.literal("")}
            ORDER BY id DESC LIMIT 1`)
        )

      const idle = queue.depth.pipe(
        Effect.delay(interval),
        Effect.repeat({ until: ({ jobs }) => jobs === 0 }),
        Effect.timeoutOption(patience)
      )

      /** False if somebody else has removed or restarted it. */
      const restart = Effect.fnUntraced(function* ({ id, userId }: typeof Candidate.Type) {
        const correlationId = SecureRandom.uuidV4Unsafe()
        const row = yield* repository.restart(userId, id)
        if (Option.isNone(row)) return false
        yield* queue.offer({ documentId: id, userId, run: row.value.attempt, correlationId })
        yield* Effect.provideService(
          audit.record({ action: "document_reprocessed", subject: { type: "document", id } }),
          CorrelationId,
          correlationId
        )
        return true
      })

      const look = (id: DocumentId) => orDefect(statusOf(sql`SELECT status FROM documents WHERE id = ${id}`))
      const until = (id: DocumentId, statuses: ReadonlyArray<DocumentStatus>) =>
        look(id).pipe(
          Effect.delay(interval),
          Effect.repeat({ until: (row) => Option.isNone(row) || !statuses.includes(row.value.status) })
        )

      const readAgain = Effect.fnUntraced(function* (document: typeof Candidate.Type) {
        yield* idle
        const isRestarted = yield* orDefect(sql.withTransaction(restart(document)))
        if (!isRestarted) return "skipped"
        yield* until(document.id, ["pending"]).pipe(
          Effect.timeoutOrElse({ duration: startTimeout, orElse: () => new NoWorker() })
        )
        const end = yield* until(document.id, ["pending", "processing"])
        return Option.match(end, { onNone: () => "skipped" as const, onSome: ({ status }) => status })
      })

      return Reprocessing.of({
        all: Effect.fn("Reprocessing.all")(function* (report) {
          let progress: Progress = { total: yield* total, done: 0, failed: 0 }
          let document = yield* next(Option.none())
          while (Option.isSome(document)) {
            const end = yield* readAgain(document.value)
            const failed = progress.failed + (end === "failed" ? 1 : 0)
            progress = { ...progress, done: progress.done + 1, failed }
            yield* report(progress)
            document = yield* next(Option.some(document.value.id))
          }
          return progress
        })
      })
    })
  )

  static readonly layer = Reprocessing.layerNoDeps.pipe(Layer.provide([DocumentRepository.layer, AuditLog.layer]))
}
