import { decodeRow, decodeRows } from "@kite/adapters/postgres/Rows"
import { type Indexed, SearchIndex, searchVersion } from "@kite/adapters/search/SearchIndex"
import { DocumentId } from "@kite/domain/documents/Document"
import { filenameKey } from "@kite/domain/documents/FilenameKey"
import { partBlocks } from "@kite/domain/search/Blocks"
import { DocumentTerms } from "@kite/domain/search/DocumentTerms"
import { UserId } from "@kite/domain/users/User"
import { Cause, Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"

const pagesAtOnce = 10
/** Blocks of 2,048 characters that are read without a pause for others: less than a millisecond. */
const blocksAtOnce = 4
/** How long to wait when nothing is left to do, or the database failed. */
const idle = "30 seconds"
const reportEvery = 1_000

const Waiting = Schema.Struct({ id: DocumentId, userId: UserId, filename: Schema.String })
const StoredPage = Schema.Struct({ number: Schema.Int, text: Schema.String })

/** The database was not there, or busy with others: the same may succeed later. Anything else would fail again. */
const isPassing = (error: unknown) =>
  isSqlError(error) && error.isRetryable && error.reason._tag !== "StatementTimeoutError"

/**
 * Gives documents the terms of this version that have none: those of an older version, and those whose indexing was put off.
 * Each document is a transaction of its own, so that a process that dies loses one, and several processes share the work.
 */
export class Reindexing extends Context.Service<
  Reindexing,
  {
    /** Indexes the newest document that waits; false where none does. One that cannot be indexed is given up and logged. */
    readonly next: Effect.Effect<boolean>
  }
>()("@kite/worker/search/Reindexing") {
  static readonly layer = Layer.effect(
    Reindexing,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const index = yield* SearchIndex
      const waiting = decodeRow(Waiting)
      const pagesOf = decodeRows(StoredPage)

      const addPage = Effect.fnUntraced(function* (terms: DocumentTerms, text: string) {
        let blocks = 0
        for (const _ of terms.addPage(text)) if (++blocks % blocksAtOnce === 0) yield* Effect.yieldNow
      })

      const readTerms = Effect.fnUntraced(function* (id: DocumentId) {
        const terms = new DocumentTerms()
        let last = 0
        while (true) {
          const pages = yield* pagesOf(sql`SELECT number, string_agg(text, '' ORDER BY part) AS text FROM pages
            WHERE document_id = ${id} AND number > ${last} GROUP BY number ORDER BY number LIMIT ${pagesAtOnce}`)
          for (const { number, text } of pages) {
            yield* sql`UPDATE pages SET first_block = ${terms.blocks} + part * ${partBlocks}
              WHERE document_id = ${id} AND number = ${number} AND first_block <> ${terms.blocks} + part * ${partBlocks}`
            yield* addPage(terms, text)
            last = number
          }
          if (pages.length < pagesAtOnce) return terms
        }
      })

      const settle = (id: DocumentId, filename: string, version: number, inPart: boolean) =>
        sql`UPDATE documents SET search_version = ${version}, indexed_in_part = ${inPart},
          filename_key = ${filenameKey(filename)} WHERE id = ${id}`

      const giveUp = Effect.fnUntraced(function* (document: Indexed, cause: Cause.Cause<unknown>) {
        const { id, filename } = document
        yield* Effect.logError("a document cannot be indexed", cause).pipe(
          Effect.annotateLogs({ event: "document_not_indexed", documentId: id })
        )
        yield* sql.withTransaction(Effect.andThen(index.putName(document), settle(id, filename, -1, true)))
      })

      const next = Effect.gen(function* () {
        let document: Indexed | undefined
        const one = Effect.gen(function* () {
          const found = yield* waiting(sql`SELECT id, user_id, filename FROM documents WHERE search_version = 0
            ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`)
          if (Option.isNone(found)) return false
          document = found.value
          const { id, filename } = document
          const terms = yield* readTerms(id)
          yield* index.putText(document, Array.from(terms.rows()))
          yield* settle(id, filename, searchVersion, !terms.isComplete)
          return true
        })
        return yield* Effect.catchCause(sql.withTransaction(one), (cause) => {
          const passes = Cause.hasInterruptsOnly(cause) || isPassing(Cause.squash(cause)) || document === undefined
          return passes ? Effect.failCause(cause) : Effect.as(giveUp(document as Indexed, cause), true)
        })
      }).pipe(Effect.orDie)

      return Reindexing.of({ next })
    })
  ).pipe(Layer.provide(SearchIndex.layer))

  /**
   * Does so for as long as the layer lives, and rests after each document for as long as it took, so that half of one connection
   * is the most that others miss.
   */
  static readonly background = Layer.effectDiscard(
    Effect.gen(function* () {
      const { next } = yield* Reindexing
      let done = 0
      const step = Effect.gen(function* () {
        const [duration, found] = yield* Effect.timed(next)
        if (found) {
          done += 1
          if (done % reportEvery === 0) yield* report(done)
          return yield* Effect.sleep(duration)
        }
        if (done > 0) yield* report(done)
        done = 0
        yield* Effect.sleep(idle)
      })
      const surviving = Effect.catchCause(step, (cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.interrupt
          : Effect.andThen(Effect.logWarning("indexing documents again failed", cause), Effect.sleep(idle))
      )
      yield* Effect.forkScoped(Effect.forever(surviving))
    })
  ).pipe(Layer.provide(Reindexing.layer))
}

const report = (done: number) =>
  Effect.logInfo(`indexed ${done} documents again`).pipe(Effect.annotateLogs({ event: "documents_reindexed", done }))
