import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { orDefect } from "@kite/adapters/postgres/Rows"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Settings } from "@kite/adapters/settings/Settings"
import type { AuditAction } from "@kite/domain/audit/AuditEntry"
import { type Document, DocumentId } from "@kite/domain/documents/Document"
import {
  ExtractionRunning,
  InsufficientStorage,
  InvalidCursor,
  type InvalidUpload,
  QuotaExceeded,
  TextNotReady,
  type TooManyTransfers,
  type UnsupportedFile,
  type UploadTooLarge
} from "@kite/domain/documents/DocumentErrors"
import { type DocumentPage, fromCursor, type ListQuery, toCursor } from "@kite/domain/documents/DocumentList"
import type { DocumentText } from "@kite/domain/documents/DocumentsApi"
import { rowsToRead, takePage } from "@kite/domain/Paging"
import { NotFound } from "@kite/domain/Problem"
import type { UserId } from "@kite/domain/users/User"
import { EmailNotProven } from "@kite/domain/users/UserErrors"
import { ByteSize, Context, Effect, Layer, Option, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { HttpIncomingMessage } from "effect/http"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../audit/AuditLog.ts"
import { Search } from "../search/Search.ts"
import { DocumentRepository } from "./DocumentRepository.ts"
import type { Part } from "./multipart/Parts.ts"
import { QuotaReservations } from "./QuotaReservations.ts"
import { type DocumentRow, toDocument } from "./rows/DocumentRow.ts"
import { Transfers } from "./Transfers.ts"
import { receiveUpload, rejectSize, type StoredFile } from "./Upload.ts"

const defaultPageSize = 20
/** Room in an upload's body for the parts' headers and the `filename`. */
const multipartOverhead = 64 * 1024

type Parts = Stream.Stream<Part, InvalidUpload>

/** What the owner of documents can do with them. Another's document is NotFound. */
export class Documents extends Context.Service<
  Documents,
  {
    /** `bodyBytes`: the length of the whole body, where the client told it. */
    readonly upload: (
      owner: UserId,
      parts: Parts,
      bodyBytes: number
    ) => Effect.Effect<
      Document,
      | InvalidUpload
      | QuotaExceeded
      | UploadTooLarge
      | UnsupportedFile
      | EmailNotProven
      | TooManyTransfers
      | InsufficientStorage
    >
    readonly list: (owner: UserId, query: ListQuery) => Effect.Effect<DocumentPage, InvalidCursor>
    readonly get: (owner: UserId, id: DocumentId) => Effect.Effect<DocumentRow, NotFound>
    readonly rename: (owner: UserId, id: DocumentId, filename: string) => Effect.Effect<Document, NotFound>
    readonly remove: (owner: UserId, id: DocumentId) => Effect.Effect<void, NotFound>
    readonly text: (owner: UserId, id: DocumentId) => Effect.Effect<DocumentText, NotFound | TextNotReady>
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
      const reservations = yield* QuotaReservations
      const transfers = yield* Transfers
      const audit = yield* AuditLog
      const search = yield* Search
      const { MAX_UPLOAD_BYTES: maxUploadBytes, EMAIL_PROOF } = yield* Settings
      const maxBodySize = ByteSize.bytes(maxUploadBytes + multipartOverhead)

      const orNotFound = <A>(found: Option.Option<A>) =>
        Option.isSome(found) ? Effect.succeed(found.value) : Effect.fail(new NotFound({}))
      const get = (owner: UserId, id: DocumentId) => Effect.flatMap(repository.find(owner, id), orNotFound)

      const offer = Effect.fnUntraced(function* (owner: UserId, { id, attempt }: DocumentRow) {
        yield* queue.offer({ documentId: id, userId: owner, run: attempt, correlationId: yield* CorrelationId })
      })

      const record = Effect.fnUntraced(function* (owner: UserId, file: StoredFile, reservationId: string) {
        const row = yield* repository.insert(owner, DocumentId.make(SecureRandom.uuidV7Unsafe()), file, reservationId)
        if (Option.isSome(row)) {
          const { id, sizeBytes, contentType } = row.value
          yield* offer(owner, row.value)
          yield* audit.record({
            action: "document_uploaded",
            subject: { type: "document", id },
            details: { sizeBytes, contentType }
          })
        }
        return row
      })

      const recordIfFound = (action: AuditAction, id: DocumentId) => (found: Option.Option<unknown>) =>
        Option.isSome(found) ? audit.record({ action, subject: { type: "document", id } }) : Effect.void

      return Documents.of({
        get,
        upload: Effect.fn("Documents.upload")(
          function* (owner, parts, bodyBytes) {
            yield* transfers.upload(owner)
            const { quota, emailProven } = yield* repository.uploader(owner)
            if (EMAIL_PROOF === "on" && !emailProven) return yield* new EmailNotProven({})
            const hopeless = rejectSize({ quota, maxUploadBytes }, Math.max(0, bodyBytes - multipartOverhead))
            if (hopeless !== undefined) return yield* hopeless
            const expectedBytes = bodyBytes > 0 ? Math.min(bodyBytes, maxUploadBytes) : maxUploadBytes
            const reservation = yield* reservations.open(owner, expectedBytes)
            const allowance = { quota, maxUploadBytes, reservation }
            const bounded = Stream.provideService(parts, HttpIncomingMessage.MaxBodySize, maxBodySize)
            return yield* receiveUpload(store, bounded, allowance, (file) =>
              Effect.gen(function* () {
                const row = yield* orDefect(sql.withTransaction(record(owner, file, reservation.id)))
                if (Option.isSome(row)) return toDocument(row.value)
                return yield* new QuotaExceeded({ ...(yield* repository.quota(owner)), rejectedBytes: file.sizeBytes })
              })
            )
          },
          Effect.scoped,
          Effect.catchTags({
            ObjectStoreError: Effect.die,
            ObjectStoreFull: (error) =>
              Effect.andThen(
                Effect.logError("The object store is full", error),
                Effect.fail(new InsufficientStorage({}))
              )
          })
        ),
        list: Effect.fn("Documents.list")(function* (owner, query) {
          const { limit = defaultPageSize, sort = "-createdAt", cursor, q, status } = query
          if (q !== undefined) return yield* search.find(owner, { ...query, q }, limit)
          const after = cursor === undefined ? Option.none() : fromCursor(sort, cursor)
          if (cursor !== undefined && Option.isNone(after)) return yield* new InvalidCursor({})
          const filter = status === undefined ? {} : { status }
          const rows = yield* repository.list(owner, { ...filter, sort, limit: rowsToRead(limit), after })
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
        text: Effect.fn("Documents.text")(function* (owner, id) {
          const { status, failureCode, pageCount } = yield* get(owner, id)
          const isCutOff = status === "failed" && failureCode === "timed-out" && pageCount !== null
          if (status !== "ready" && !isCutOff) return yield* new TextNotReady({ documentStatus: status, failureCode })
          const pages = yield* repository.pages(id)
          return { text: pages.map((page) => page.text).join("\f"), pages }
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
    Layer.provide([DocumentRepository.layer, QuotaReservations.layer, Transfers.layer, AuditLog.layer, Search.layer])
  )
}
