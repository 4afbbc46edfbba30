import { decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { ContentType, DocumentId, ObjectKey } from "@kite/domain/documents/Document"
import { type ExtractedText, ExtractionFailure, type Page } from "@kite/domain/documents/Extraction"
import { type JobKey, jobId } from "@kite/domain/documents/ExtractionJob"
import { Array as Arr, Context, DateTime, type Duration, Effect, Layer, type Option, Schema } from "effect"
import { SqlClient } from "effect/sql"

const Source = Schema.Struct({ objectKey: ObjectKey, contentType: ContentType })
export type Source = typeof Source.Type

/** Rows of one INSERT: far below PostgreSQL's 65,535 parameters, and few enough for pages full of text. */
const pagesPerStatement = 100

/**
 * Unfinished documents that one look-up compares with the queue, those that wait longest first. Later ones follow when these
 * are done.
 */
const maxUnfinished = 10_000

export const interrupted = () =>
  new ExtractionFailure({
    code: "interrupted",
    message: "Reading the document was interrupted each time it was tried. You can start it again."
  })

/** The results of extractions, in PostgreSQL. A run that is no longer the document's current one writes nothing. */
export class ExtractionResults extends Context.Service<
  ExtractionResults,
  {
    /** Marks the document `processing`; none if it is deleted, already finished, or has a newer run. */
    readonly begin: (job: JobKey) => Effect.Effect<Option.Option<Source>>
    /** Stores all pages and the status `ready` in one transaction. */
    readonly complete: (job: JobKey, text: ExtractedText) => Effect.Effect<void>
    /** Stores the status `failed`, with the pages that were read before in place of those of earlier runs. */
    readonly fail: (job: JobKey, failure: ExtractionFailure, pages?: ReadonlyArray<Page>) => Effect.Effect<void>
    /** Fails the unfinished documents without a job in the queue that have not changed for so long; returns their ids. */
    readonly failAbandoned: (unchangedFor: Duration.Duration) => Effect.Effect<ReadonlyArray<DocumentId>>
  }
>()("@kite/worker/ExtractionResults") {
  static readonly layer = Layer.effect(
    ExtractionResults,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* ExtractionQueue
      const source = decodeRow(Source)
      const ids = decodeRows(Schema.Struct({ id: DocumentId }))
      const keys = decodeRows(Schema.Struct({ documentId: DocumentId, run: Schema.Int }))
      const now = Effect.map(DateTime.now, DateTime.toDateUtc)

      const insertPages = (documentId: DocumentId, pages: Arr.NonEmptyReadonlyArray<Page>) =>
        sql`INSERT INTO pages ${sql.insert(
          Arr.map(pages, ({ number, text, source, confidence }) => ({
            documentId,
            number,
            text,
            source,
            confidence: confidence ?? null
          }))
        )}`

      const insertAll = Effect.fnUntraced(function* (documentId: DocumentId, pages: ReadonlyArray<Page>) {
        for (const some of Arr.chunksOf(pages, pagesPerStatement)) yield* insertPages(documentId, some)
      })

      /** Runs the effect with the document locked if this run still processes it. */
      const whileCurrent = <E, R>({ documentId, run }: JobKey, effect: Effect.Effect<unknown, E, R>) =>
        sql.withTransaction(
          Effect.gen(function* () {
            const current = yield* sql`SELECT 1 FROM documents
              WHERE id = ${documentId} AND attempt = ${run} AND status = 'processing' FOR UPDATE`
            if (current.length === 0) return
            yield* sql`DELETE FROM pages WHERE document_id = ${documentId}`
            yield* effect
          })
        )

      return ExtractionResults.of({
        begin: Effect.fn("ExtractionResults.begin")(function* ({ documentId, run }) {
          return yield* source(sql`UPDATE documents SET status = 'processing', updated_at = ${yield* now}
            WHERE id = ${documentId} AND attempt = ${run} AND status IN ('pending', 'processing')
            RETURNING object_key, content_type`)
        }),
        complete: Effect.fn("ExtractionResults.complete")(function* (job, { pages }) {
          const { documentId } = job
          const store = Effect.gen(function* () {
            yield* insertAll(documentId, pages)
            yield* sql`UPDATE documents SET status = 'ready', page_count = ${pages.length},
              text_terms = document_terms(id), updated_at = ${yield* now} WHERE id = ${documentId}`
          })
          yield* orDefect(whileCurrent(job, store))
        }),
        fail: Effect.fn("ExtractionResults.fail")(function* (job, { code, message }, pages = []) {
          const { documentId } = job
          const pageCount = pages.length === 0 ? null : pages.length
          const store = Effect.gen(function* () {
            yield* insertAll(documentId, pages)
            yield* sql`UPDATE documents SET status = 'failed', failure_code = ${code}, failure_message = ${message},
              page_count = ${pageCount}, text_terms = document_terms(id), updated_at = ${yield* now}
              WHERE id = ${documentId}`
          })
          yield* orDefect(whileCurrent(job, store))
        }),
        failAbandoned: Effect.fn("ExtractionResults.failAbandoned")(function* (unchangedFor) {
          const { code, message } = interrupted()
          const at = yield* DateTime.now
          const limit = DateTime.toDateUtc(DateTime.subtractDuration(at, unchangedFor))
          const unfinished = yield* keys(sql`SELECT id AS document_id, attempt AS run FROM documents
            WHERE status IN ('pending', 'processing') AND updated_at <= ${limit}
            ORDER BY updated_at LIMIT ${maxUnfinished}`)
          const pending = new Set((yield* queue.pending(unfinished)).map(jobId))
          const abandoned = unfinished.map(jobId).filter((id) => !pending.has(id))
          if (abandoned.length === 0) return []
          // A document that finished or got a new run since then no longer matches.
          const rows = yield* ids(sql`UPDATE documents SET status = 'failed', failure_code = ${code},
            failure_message = ${message}, updated_at = ${DateTime.toDateUtc(at)}
            WHERE status IN ('pending', 'processing') AND updated_at <= ${limit}
              AND id || ':' || attempt IN ${sql.in(abandoned)} RETURNING id`)
          return rows.map(({ id }) => id)
        })
      })
    })
  )
}
