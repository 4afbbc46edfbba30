import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { orDefect } from "@kite/adapters/postgres/Rows"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import type { AuditAction } from "@kite/domain/audit/AuditEntry"
import type { Document, DocumentId } from "@kite/domain/documents/Document"
import { ExtractionRunning, InvalidCursor, TextNotReady } from "@kite/domain/documents/DocumentErrors"
import { type DocumentPage, fromCursor, type ListQuery, toCursor } from "@kite/domain/documents/DocumentList"
import { rowsToRead, takePage } from "@kite/domain/Paging"
import { NotFound } from "@kite/domain/Problem"
import type { UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../audit/AuditLog.ts"
import { Search } from "../search/Search.ts"
import { DocumentRepository } from "./DocumentRepository.ts"
import { type DocumentRow, toDocument } from "./rows/DocumentRow.ts"

const defaultPageSize = 20

/** What the owner of documents can do with them. Another's document is NotFound. */
export class Documents extends Context.Service<
  Documents,
  {
    readonly list: (owner: UserId, query: ListQuery) => Effect.Effect<DocumentPage, InvalidCursor>
    readonly get: (owner: UserId, id: DocumentId) => Effect.Effect<DocumentRow, NotFound>
    readonly rename: (owner: UserId, id: DocumentId, filename: string) => Effect.Effect<Document, NotFound>
    readonly remove: (owner: UserId, id: DocumentId) => Effect.Effect<void, NotFound>
    /** The document, if it has a text. */
    readonly withText: (owner: UserId, id: DocumentId) => Effect.Effect<DocumentRow, NotFound | TextNotReady>
    readonly reprocess: (owner: UserId, id: DocumentId) => Effect.Effect<Document, NotFound | ExtractionRunning>
  }
>()("@kite/server/documents/Documents") {
  static readonly layerNoDeps = Layer.effect(
    Documents,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* ObjectStore
      const queue = yield* ExtractionQueue
      const repository = yield* DocumentRepository
      const audit = yield* AuditLog
      const search = yield* Search

      const orNotFound = <A>(found: Option.Option<A>) =>
        Option.isSome(found) ? Effect.succeed(found.value) : Effect.fail(new NotFound({}))
      const get = (owner: UserId, id: DocumentId) => Effect.flatMap(repository.find(owner, id), orNotFound)

      const offer = Effect.fnUntraced(function* (owner: UserId, { id, attempt }: DocumentRow) {
        yield* queue.offer({ documentId: id, userId: owner, run: attempt, correlationId: yield* CorrelationId })
      })

      const recordIfFound = (action: AuditAction, id: DocumentId) => (found: Option.Option<unknown>) =>
        Option.isSome(found) ? audit.record({ action, subject: { type: "document", id } }) : Effect.void

      return Documents.of({
        get,
        list: Effect.fn("Documents.list")(function* (owner, query) {
          const { limit = defaultPageSize, sort = "-createdAt", cursor, q, ...filter } = query
          if (q !== undefined) return yield* search.find(owner, { ...query, q }, limit)
          const after = cursor === undefined ? Option.none() : fromCursor(sort, cursor)
          if (cursor !== undefined && Option.isNone(after)) return yield* new InvalidCursor({})
          const rows = yield* repository.list(owner, { filter, sort, limit: rowsToRead(limit), after })
          const { items, nextCursor } = takePage(rows, limit, (last) => toCursor(sort, last))
          return { items: items.map(toDocument), nextCursor }
        }),
        rename: Effect.fn("Documents.rename")(function* (owner, id, filename) {
          const rename = Effect.tap(repository.rename(owner, id, filename), recordIfFound("document_renamed", id))
          return toDocument(yield* orNotFound(yield* orDefect(sql.withTransaction(rename))))
        }),
        remove: Effect.fn("Documents.remove")(function* (owner, id) {
          const remove = Effect.tap(repository.remove(owner, id), recordIfFound("document_deleted", id))
          const objectKey = yield* orNotFound(yield* orDefect(sql.withTransaction(remove)))
          yield* store
            .remove(objectKey)
            .pipe(
              Effect.catch((error) =>
                Effect.logWarning("An object outlives its document; the sweeper will take it", error)
              )
            )
        }),
        withText: Effect.fn("Documents.withText")(function* (owner, id) {
          const row = yield* get(owner, id)
          const { status, failureCode, pageCount } = row
          const isCutOff = status === "failed" && failureCode === "timed-out" && pageCount !== null
          if (status !== "ready" && !isCutOff) return yield* new TextNotReady({ documentStatus: status, failureCode })
          return row
        }),
        reprocess: Effect.fn("Documents.reprocess")(function* (owner, id) {
          const restart = Effect.tap(
            repository.restart(owner, id),
            Option.match({
              onNone: () => Effect.void,
              onSome: (row) => offer(owner, row)
            })
          ).pipe(Effect.tap(recordIfFound("document_reprocessed", id)))
          const row = yield* orDefect(sql.withTransaction(restart))
          if (Option.isSome(row)) return toDocument(row.value)
          yield* get(owner, id)
          return yield* new ExtractionRunning({})
        })
      })
    })
  )

  static readonly layer = Documents.layerNoDeps.pipe(
    Layer.provide([DocumentRepository.layer, AuditLog.layer, Search.layer])
  )
}
