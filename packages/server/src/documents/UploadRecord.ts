import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import { orDefect } from "@kite/adapters/postgres/Rows"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Document, DocumentId } from "@kite/domain/documents/Document"
import { DuplicateDocument, type IdempotencyKeyInUse, QuotaExceeded } from "@kite/domain/documents/DocumentErrors"
import { type OnDuplicate, UploadedDocument } from "@kite/domain/documents/Upload"
import type { UserId } from "@kite/domain/users/User"
import { Data, Effect, Option, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../audit/AuditLog.ts"
import { DocumentRepository } from "./DocumentRepository.ts"
import type { KeptResponse } from "./IdempotencyKeys.ts"
import { toDocument } from "./rows/DocumentRow.ts"
import type { StoredFile } from "./Upload.ts"

/** How often the document with the same bytes may be deleted just before it is returned; then the file is kept. */
const maxLooks = 5

/** The upload returns a document that was there before; its own bytes must go. */
export class Existing extends Data.TaggedError("Existing")<{ readonly kept: KeptResponse }> {}

/** Rolls the transaction back: this document has the same bytes. */
class Copy extends Data.TaggedError("Copy")<{ readonly of: DocumentId }> {}

export interface RecordOptions {
  readonly reservationId: string
  readonly onDuplicate: OnDuplicate
  /** Keeps the response for repetitions, in the transaction of the document. */
  readonly keep: (kept: KeptResponse) => Effect.Effect<void, IdempotencyKeyInUse>
}

const encodeNew = Schema.encodeSync(UploadedDocument)
const encodeExisting = Schema.encodeSync(Document)

/**
 * Makes a stored file a document, with its quota, job, audit entry and kept response in one transaction, or finds the document that
 * the client wants instead.
 */
export const makeUploadRecord = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const queue = yield* ExtractionQueue
  const repository = yield* DocumentRepository
  const audit = yield* AuditLog

  /** None where the quota does not have enough left. */
  const write = Effect.fnUntraced(function* (owner: UserId, file: StoredFile, options: RecordOptions) {
    const { reservationId, onDuplicate, keep } = options
    const inserted = yield* repository.insert(owner, DocumentId.make(SecureRandom.uuidV7Unsafe()), file, reservationId)
    if (Option.isNone(inserted)) return Option.none<KeptResponse>()
    const { duplicateOf, ...row } = inserted.value
    if (duplicateOf !== null && onDuplicate !== "keep") return yield* new Copy({ of: duplicateOf })
    const { id, sizeBytes, contentType, attempt } = row
    yield* queue.offer({ documentId: id, userId: owner, run: attempt, correlationId: yield* CorrelationId })
    yield* audit.record({
      action: "document_uploaded",
      subject: { type: "document", id },
      details: { sizeBytes, contentType }
    })
    const response = encodeNew({ ...toDocument(row), ...(duplicateOf !== null && { duplicateOf }) })
    const kept: KeptResponse = { status: 201, response }
    yield* keep(kept)
    return Option.some(kept)
  }, sql.withTransaction)

  /** None if that document was deleted meanwhile. */
  const returnExisting = Effect.fnUntraced(function* (owner: UserId, id: DocumentId, options: RecordOptions) {
    if (options.onDuplicate === "reject") return yield* new DuplicateDocument({ duplicateOf: id })
    const found = yield* repository.find(owner, id)
    if (Option.isNone(found)) return undefined
    const kept: KeptResponse = { status: 200, response: encodeExisting(toDocument(found.value)) }
    yield* options.keep(kept)
    return yield* new Existing({ kept })
  })

  return Effect.fnUntraced(function* (owner: UserId, file: StoredFile, options: RecordOptions) {
    for (let look = 1; ; look++) {
      const onDuplicate = look > maxLooks ? "keep" : options.onDuplicate
      const written = yield* orDefect(write(owner, file, { ...options, onDuplicate })).pipe(
        Effect.catchTag("Copy", (copy) => returnExisting(owner, copy.of, options))
      )
      if (written === undefined) continue
      if (Option.isSome(written)) return written.value
      return yield* new QuotaExceeded({ ...(yield* repository.quota(owner)), rejectedBytes: file.sizeBytes })
    }
  })
})
