import { decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { ContentType, DocumentId, ObjectKey } from "@kite/domain/documents/Document"
import { type ExtractedText, ExtractionFailure, type Page } from "@kite/domain/documents/Extraction"
import type { ExtractionJob } from "@kite/domain/documents/ExtractionJob"
import { Array as Arr, Context, DateTime, type Duration, Effect, Layer, type Option, Schema } from "effect"
import { SqlClient } from "effect/sql"

type Attempt = Pick<ExtractionJob, "documentId" | "attempt">

const Source = Schema.Struct({ objectKey: ObjectKey, contentType: ContentType })
export type Source = typeof Source.Type

/** Rows of one INSERT: far from Postgres' 65,535 parameters, and few enough for pages full of text. */
const pagesPerStatement = 100

export const interrupted = () =>
  new ExtractionFailure({
    code: "interrupted",
    message: "Reading the document was interrupted each time it was tried. You can start it again."
  })

/** Pages count alike: a doubtful page is not outweighed by the words of a good one. */
const meanConfidence = (pages: ReadonlyArray<Page>) => {
  const known = pages.flatMap(({ ocrConfidence }) => ocrConfidence ?? [])
  return known.length === 0 ? null : known.reduce((sum, confidence) => sum + confidence, 0) / known.length
}

/** What becomes of documents, in Postgres. An attempt that is no longer the document's own writes nothing. */
export class ExtractionResults extends Context.Service<
  ExtractionResults,
  {
    /** Marks the document `processing`; none when it is deleted, already done, or another attempt has taken over. */
    readonly begin: (job: Attempt) => Effect.Effect<Option.Option<Source>>
    /** Stores all pages and the status `ready` in one transaction. */
    readonly complete: (job: Attempt, text: ExtractedText) => Effect.Effect<void>
    /** Stores the status `failed` and drops the pages of earlier attempts. */
    readonly fail: (job: Attempt, failure: ExtractionFailure) => Effect.Effect<void>
    /** Fails the documents that wait for a job the queue has given up, unchanged for that long; answers their ids. */
    readonly failAbandoned: (unchangedFor: Duration.Duration) => Effect.Effect<ReadonlyArray<DocumentId>>
  }
>()("@kite/worker/ExtractionResults") {
  static readonly layer = Layer.effect(
    ExtractionResults,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const source = decodeRow(Source)
      const ids = decodeRows(Schema.Struct({ id: DocumentId }))
      const now = Effect.map(DateTime.now, DateTime.toDateUtc)

      const insertPages = (documentId: DocumentId, pages: Arr.NonEmptyReadonlyArray<Page>) =>
        sql`INSERT INTO pages ${sql.insert(
          Arr.map(pages, ({ number, text, source, ocrConfidence }) => ({
            documentId,
            number,
            text,
            source,
            confidence: ocrConfidence ?? null
          }))
        )}`

      /** Runs the effect with the document locked, if this attempt is still the one that processes it. */
      const whileCurrent = <E, R>({ documentId, attempt }: Attempt, effect: Effect.Effect<unknown, E, R>) =>
        sql.withTransaction(
          Effect.gen(function* () {
            const current = yield* sql`SELECT 1 FROM documents
              WHERE id = ${documentId} AND attempt = ${attempt} AND status = 'processing' FOR UPDATE`
            if (current.length === 0) return
            yield* sql`DELETE FROM pages WHERE document_id = ${documentId}`
            yield* effect
          })
        )

      return ExtractionResults.of({
        begin: Effect.fn("ExtractionResults.begin")(function* ({ documentId, attempt }) {
          return yield* source(sql`UPDATE documents SET status = 'processing', updated_at = ${yield* now}
            WHERE id = ${documentId} AND attempt = ${attempt} AND status IN ('pending', 'processing')
            RETURNING object_key, content_type`)
        }),
        complete: Effect.fn("ExtractionResults.complete")(function* (job, { pages, encoding, notices = [] }) {
          const { documentId } = job
          const store = Effect.gen(function* () {
            for (const some of Arr.chunksOf(pages, pagesPerStatement)) yield* insertPages(documentId, some)
            yield* sql`UPDATE documents SET status = 'ready', page_count = ${pages.length},
              encoding = ${encoding ?? null}, ocr_confidence = ${meanConfidence(pages)}, notices = ${JSON.stringify(notices)}::jsonb,
              text_terms = document_terms(id), updated_at = ${yield* now} WHERE id = ${documentId}`
          })
          yield* orDefect(whileCurrent(job, store))
        }),
        fail: Effect.fn("ExtractionResults.fail")(function* (job, { code, message }) {
          const store = sql`UPDATE documents SET status = 'failed', failure_code = ${code}, failure_message = ${message},
            page_count = NULL, encoding = NULL, ocr_confidence = NULL, notices = '[]', text_terms = '', updated_at = ${yield* now} WHERE id = ${job.documentId}`
          yield* orDefect(whileCurrent(job, store))
        }),
        failAbandoned: Effect.fn("ExtractionResults.failAbandoned")(function* (unchangedFor) {
          const { code, message } = interrupted()
          const at = yield* DateTime.now
          const limit = DateTime.toDateUtc(DateTime.subtractDuration(at, unchangedFor))
          // One that is offered anew while this runs has just been changed: it fails the check of its age.
          const rows = yield* ids(sql`UPDATE documents SET status = 'failed', failure_code = ${code},
            failure_message = ${message}, updated_at = ${DateTime.toDateUtc(at)}
            WHERE status IN ('pending', 'processing') AND updated_at <= ${limit} AND NOT EXISTS (
              SELECT FROM extraction_queue AS job
              WHERE job.id = documents.id || ':' || documents.attempt AND job.state = 'pending'
            ) RETURNING id`)
          return rows.map(({ id }) => id)
        })
      })
    })
  )
}
