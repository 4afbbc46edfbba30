import { decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { type Indexed, SearchIndex, searchVersion } from "@kite/adapters/search/SearchIndex"
import { ContentType, DocumentId, ObjectKey } from "@kite/domain/documents/Document"
import {
  type ExtractedTerms,
  type ExtractedText,
  ExtractionFailure,
  type Page,
  readersVersion
} from "@kite/domain/documents/Extraction"
import { type JobKey, jobId } from "@kite/domain/documents/ExtractionJob"
import { blocksOf, partBlocks, partsOf } from "@kite/domain/search/Blocks"
import { UserId } from "@kite/domain/users/User"
import { Array as Arr, Context, DateTime, type Duration, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"

const Locked = Schema.Struct({ userId: UserId, filename: Schema.String })

const Source = Schema.Struct({ objectKey: ObjectKey, contentType: ContentType })
export type Source = typeof Source.Type

/** Rows of one INSERT: far below PostgreSQL's 65,535 parameters, and few enough for parts full of text. */
const partsPerStatement = 100

/**
 * Unfinished documents that one look-up compares with the queue, those that wait longest first. Later ones follow when these
 * are done.
 */
const maxUnfinished = 10_000

/** A part of a page, from 0, and the block of the document's text with which it begins, from 0. */
interface Placed extends Page {
  readonly part: number
  readonly firstBlock: number
}

const place = (pages: ReadonlyArray<Page>): ReadonlyArray<Placed> => {
  let firstBlock = 0
  return pages.flatMap((page) => {
    const pageBlock = firstBlock
    firstBlock += blocksOf(page.text)
    return Array.from(partsOf(page.text), (text, part) => ({
      ...page,
      part,
      text,
      firstBlock: pageBlock + part * partBlocks
    }))
  })
}

export const interrupted = () =>
  new ExtractionFailure({
    code: "interrupted",
    message: "Reading the document was interrupted each time it was tried. You can start it again."
  })

/** Pages count alike: the words of a good page do not hide a doubtful one. */
const meanConfidence = (pages: ReadonlyArray<Page>) => {
  const known = pages.flatMap(({ ocrConfidence }) => ocrConfidence ?? [])
  return known.length === 0 ? null : known.reduce((sum, confidence) => sum + confidence, 0) / known.length
}

const tooSlow = () =>
  new ExtractionFailure({ code: "timed-out", message: "Storing the text of the document took too long." })

/** A statement that took too long would do so again. */
const isTooSlow = (error: unknown) => isSqlError(error) && error.reason._tag === "StatementTimeoutError"

/** The results of extractions, in PostgreSQL. A run that is no longer the document's current one writes nothing. */
export class ExtractionResults extends Context.Service<
  ExtractionResults,
  {
    /** Marks the document `processing`; none if it is deleted, already finished, or has a newer run. */
    readonly begin: (job: JobKey) => Effect.Effect<Option.Option<Source>>
    /**
     * Stores all pages, their terms and the status `ready` in one transaction. If that takes too long, it stores the text alone,
     * to be indexed later. If even this takes too long, the document fails.
     */
    readonly complete: (job: JobKey, text: ExtractedText) => Effect.Effect<void, ExtractionFailure>
    /**
     * Stores the status `failed`, with the pages that were read before in place of those of earlier runs. Their text is indexed
     * later.
     */
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
      const index = yield* SearchIndex
      const locked = decodeRow(Locked)
      const source = decodeRow(Source)
      const ids = decodeRows(Schema.Struct({ id: DocumentId }))
      const keys = decodeRows(Schema.Struct({ documentId: DocumentId, run: Schema.Int }))
      const now = Effect.map(DateTime.now, DateTime.toDateUtc)

      const insertPages = (documentId: DocumentId, pages: Arr.NonEmptyReadonlyArray<Placed>) =>
        sql`INSERT INTO pages ${sql.insert(
          Arr.map(pages, ({ number, part, text, source, ocrConfidence, firstBlock }) => ({
            documentId,
            number,
            part,
            text,
            source,
            confidence: ocrConfidence ?? null,
            firstBlock
          }))
        )}`

      const insertAll = Effect.fnUntraced(function* (documentId: DocumentId, pages: ReadonlyArray<Page>) {
        for (const some of Arr.chunksOf(place(pages), partsPerStatement)) yield* insertPages(documentId, some)
      })

      /** Runs the effect with the document locked if this run still processes it. */
      const whileCurrent = <E, R>(
        { documentId, run }: JobKey,
        effect: (document: Indexed) => Effect.Effect<unknown, E, R>
      ) =>
        sql.withTransaction(
          Effect.gen(function* () {
            const current = yield* locked(sql`SELECT user_id, filename FROM documents
              WHERE id = ${documentId} AND attempt = ${run} AND status = 'processing' FOR UPDATE`)
            if (Option.isNone(current)) return
            yield* sql`DELETE FROM pages WHERE document_id = ${documentId}`
            yield* effect({ id: documentId, ...current.value })
          })
        )

      return ExtractionResults.of({
        begin: Effect.fn("ExtractionResults.begin")(function* ({ documentId, run }) {
          return yield* source(sql`UPDATE documents SET status = 'processing', updated_at = ${yield* now}
            WHERE id = ${documentId} AND attempt = ${run} AND status IN ('pending', 'processing')
            RETURNING object_key, content_type`)
        }),
        complete: Effect.fn("ExtractionResults.complete")(function* (job, { pages, terms, encoding, notices = [] }) {
          const { documentId } = job
          const store = (terms: ExtractedTerms | undefined) =>
            whileCurrent(
              job,
              Effect.fnUntraced(function* (document) {
                yield* insertAll(documentId, pages)
                yield* index.putText(document, terms?.rows ?? [])
                yield* sql`UPDATE documents SET status = 'ready', page_count = ${pages.length}, updated_at = ${yield* now},
                  encoding = ${encoding ?? null}, ocr_confidence = ${meanConfidence(pages)},
                  notices = ${JSON.stringify(notices)}::jsonb, readers_version = ${readersVersion},
                  search_version = ${terms === undefined ? 0 : searchVersion}, indexed_in_part = ${terms?.isComplete === false}
                  WHERE id = ${documentId}`
              })
            )
          yield* store(terms).pipe(
            Effect.catchIf(isTooSlow, () =>
              Effect.andThen(
                Effect.logWarning("Indexing the text took too long; it is done later").pipe(
                  Effect.annotateLogs({ event: "indexing_postponed", documentId })
                ),
                store(undefined)
              )
            ),
            Effect.catchIf(isTooSlow, () => Effect.fail(tooSlow())),
            orDefect
          )
        }),
        fail: Effect.fn("ExtractionResults.fail")(function* (job, { code, message }, pages = []) {
          const { documentId } = job
          const hasText = pages.length > 0
          const store = Effect.fnUntraced(function* (document: Indexed) {
            yield* insertAll(documentId, pages)
            yield* index.putText(document, [])
            yield* sql`UPDATE documents SET status = 'failed', failure_code = ${code}, failure_message = ${message},
              page_count = ${hasText ? pages.length : null}, encoding = NULL, ocr_confidence = ${meanConfidence(pages)},
              notices = '[]', readers_version = ${readersVersion}, indexed_in_part = FALSE, updated_at = ${yield* now},
              search_version = ${hasText ? 0 : searchVersion} WHERE id = ${documentId}`
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
  ).pipe(Layer.provide(SearchIndex.layer))
}
