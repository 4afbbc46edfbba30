import { decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { type Indexed, SearchIndex, searchVersion } from "@kite/adapters/search/SearchIndex"
import { UserId } from "@kite/domain/auth/User"
import { ContentType, DocumentId, ObjectKey } from "@kite/domain/documents/Document"
import {
  type ExtractedTerms,
  type ExtractedText,
  ExtractionFailure,
  type Page
} from "@kite/domain/documents/Extraction"
import type { ExtractionJob } from "@kite/domain/documents/ExtractionJob"
import { blocksOf } from "@kite/domain/search/Blocks"
import { Array as Arr, Context, DateTime, type Duration, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"

type Attempt = Pick<ExtractionJob, "documentId" | "attempt">

const Locked = Schema.Struct({ userId: UserId, filename: Schema.String })

const Source = Schema.Struct({ objectKey: ObjectKey, contentType: ContentType })
export type Source = typeof Source.Type

/** Rows of one INSERT: far from Postgres' 65,535 parameters, and few enough for pages full of text. */
const pagesPerStatement = 100

/** A page and the block of the document's text with which it begins, from 0. */
interface Placed extends Page {
  readonly firstBlock: number
}

const place = (pages: ReadonlyArray<Page>): ReadonlyArray<Placed> => {
  let firstBlock = 0
  return pages.map((page) => {
    const placed = { ...page, firstBlock }
    firstBlock += blocksOf(page.text)
    return placed
  })
}

export const interrupted = () =>
  new ExtractionFailure({
    code: "interrupted",
    message: "Reading the document was interrupted each time it was tried. You can start it again."
  })

const tooSlow = () =>
  new ExtractionFailure({ code: "timed-out", message: "Storing the text of the document took too long." })

/** A statement that took too long would do so again. */
const isTooSlow = (error: unknown) => isSqlError(error) && error.reason._tag === "StatementTimeoutError"

/** What becomes of documents, in Postgres. An attempt that is no longer the document's own writes nothing. */
export class ExtractionResults extends Context.Service<
  ExtractionResults,
  {
    /** Marks the document `processing`; none when it is deleted, already done, or another attempt has taken over. */
    readonly begin: (job: Attempt) => Effect.Effect<Option.Option<Source>>
    /**
     * Stores all pages, their terms and the status `ready` in one transaction. Where that takes too long the text is stored
     * alone, to be indexed later; where even this does, it is the document's failure.
     */
    readonly complete: (job: Attempt, text: ExtractedText) => Effect.Effect<void, ExtractionFailure>
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
      const index = yield* SearchIndex
      const locked = decodeRow(Locked)
      const source = decodeRow(Source)
      const ids = decodeRows(Schema.Struct({ id: DocumentId }))
      const now = Effect.map(DateTime.now, DateTime.toDateUtc)

      const insertPages = (documentId: DocumentId, pages: Arr.NonEmptyReadonlyArray<Placed>) =>
        sql`INSERT INTO pages ${sql.insert(
          Arr.map(pages, ({ number, text, source, confidence, firstBlock }) => ({
            documentId,
            number,
            text,
            source,
            confidence: confidence ?? null,
            firstBlock
          }))
        )}`

      /** Runs the effect with the document locked, if this attempt is still the one that processes it. */
      const whileCurrent = <E, R>(
        { documentId, attempt }: Attempt,
        effect: (document: Indexed) => Effect.Effect<unknown, E, R>
      ) =>
        sql.withTransaction(
          Effect.gen(function* () {
            const current = yield* locked(sql`SELECT user_id, filename FROM documents
              WHERE id = ${documentId} AND attempt = ${attempt} AND status = 'processing' FOR UPDATE`)
            if (Option.isNone(current)) return
            yield* sql`DELETE FROM pages WHERE document_id = ${documentId}`
            yield* effect({ id: documentId, ...current.value })
          })
        )

      return ExtractionResults.of({
        begin: Effect.fn("ExtractionResults.begin")(function* ({ documentId, attempt }) {
          return yield* source(sql`UPDATE documents SET status = 'processing', updated_at = ${yield* now}
            WHERE id = ${documentId} AND attempt = ${attempt} AND status IN ('pending', 'processing')
            RETURNING object_key, content_type`)
        }),
        complete: Effect.fn("ExtractionResults.complete")(function* (job, { pages, terms }) {
          const { documentId } = job
          const store = (terms: ExtractedTerms | undefined) =>
            whileCurrent(
              job,
              Effect.fnUntraced(function* (document) {
                for (const some of Arr.chunksOf(place(pages), pagesPerStatement)) yield* insertPages(documentId, some)
                yield* index.putText(document, terms?.rows ?? [])
                yield* sql`UPDATE documents SET status = 'ready', page_count = ${pages.length}, updated_at = ${yield* now},
                  search_version = ${terms === undefined ? 0 : searchVersion}, indexed_in_part = ${terms?.isComplete === false}
                  WHERE id = ${documentId}`
              })
            )
          yield* store(terms).pipe(
            Effect.catchIf(isTooSlow, () =>
              Effect.andThen(
                Effect.logWarning("indexing the text took too long; it is done later").pipe(
                  Effect.annotateLogs({ event: "indexing_postponed", documentId })
                ),
                store(undefined)
              )
            ),
            Effect.catchIf(isTooSlow, () => Effect.fail(tooSlow())),
            orDefect
          )
        }),
        fail: Effect.fn("ExtractionResults.fail")(function* (job, { code, message }) {
          const at = yield* now
          const store = (document: Indexed) =>
            Effect.andThen(
              index.putText(document, []),
              sql`UPDATE documents SET status = 'failed', failure_code = ${code}, failure_message = ${message},
                page_count = NULL, indexed_in_part = FALSE, updated_at = ${at} WHERE id = ${job.documentId}`
            )
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
  ).pipe(Layer.provide(SearchIndex.layer))
}
