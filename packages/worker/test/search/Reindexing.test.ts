import { assert } from "@effect/vitest"
import type { ExtractedText } from "@kite/domain/documents/Extraction"
import { DocumentTerms } from "@kite/domain/search/DocumentTerms"
import { suite } from "@kite/testkit/Suite"
import { ExtractionHandler } from "@kite/worker/ExtractionHandler"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Reindexing } from "@kite/worker/search/Reindexing"
import { Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { documentOf, offerDocument } from "../fixtures/Jobs.ts"
import { handlerOn, ports } from "../fixtures/WorkerParts.ts"

const textOf = (...texts: ReadonlyArray<string>): ExtractedText => ({
  pages: texts.map((text, index) => ({ number: index + 1, text, source: "text" }))
})

const indexedTextOf = (...texts: ReadonlyArray<string>): ExtractedText => {
  const terms = new DocumentTerms()
  for (const text of texts) terms.add(text)
  return { ...textOf(...texts), terms: { rows: Array.from(terms.rows()), isComplete: terms.isComplete } }
}

/** A document that was read, as far as it is stored: with its terms where the extraction brought them. */
const extracted = Effect.fnUntraced(function* (text: ExtractedText) {
  const job = yield* offerDocument(Buffer.from("x"), "text/plain")
  const extractor = Layer.succeed(Extractor, { extract: () => Effect.succeed(text) })
  yield* Effect.flatMap(ExtractionHandler, ({ handle }) => handle(job, 1)).pipe(
    Effect.provide(handlerOn(extractor), { local: true })
  )
  return job.documentId
})

const indexOf = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ part: number; terms: string }>`
    SELECT part, terms::text FROM search_terms WHERE document_id = ${id} ORDER BY part`
})

const versionOf = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ searchVersion: number; filenameKey: string; indexedInPart: boolean }>`
    SELECT search_version, filename_key, indexed_in_part FROM documents WHERE id = ${id}`
  return row
})

/** Runs a statement that PostgreSQL cancels as it does what takes too long, as soon as it meets the text. */
const slowFor = Effect.fnUntraced(function* (needle: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.terms @@ TG_ARGV[0]::tsquery THEN RAISE EXCEPTION USING ERRCODE = '57014'; END IF;
      RETURN NEW;
    END $$`
  yield* sql`CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON search_terms FOR EACH ROW
    EXECUTE FUNCTION be_slow(${sql.literal(`'${needle}'`)})`
})

const drain = Effect.flatMap(Reindexing, ({ next }) => Effect.repeat(next, { while: (found) => found, times: 1_000 }))

suite(Reindexing.layer.pipe(Layer.provideMerge(ports)))("indexing again", (it) => {
  it.effect("gives a document of an older version what a new one has", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const texts = ["first page", "", "x ".repeat(5_000), "a long page ".repeat(9_000), "Zürich last"]
      const fresh = yield* extracted(indexedTextOf(...texts))
      const old = yield* extracted(indexedTextOf(...texts))
      const pages = sql`SELECT number, part, first_block FROM pages WHERE document_id = ${fresh} ORDER BY number, part`
      yield* sql`DELETE FROM search_terms WHERE document_id = ${old}`
      yield* sql`UPDATE pages SET first_block = 0 WHERE document_id = ${old}`
      yield* sql`UPDATE documents SET search_version = 0, filename_key = '' WHERE id = ${old}`
      yield* drain
      assert.deepStrictEqual(yield* indexOf(old), yield* indexOf(fresh))
      assert.deepStrictEqual(
        yield* sql`SELECT number, part, first_block FROM pages WHERE document_id = ${old} ORDER BY number, part`,
        yield* pages
      )
      assert.deepStrictEqual(yield* versionOf(old), { searchVersion: 1, filenameKey: "a file", indexedInPart: false })
      assert.isFalse(yield* Effect.flatMap(Reindexing, ({ next }) => next))
    })
  )

  it.effect("is done for an extraction that brought no terms", () =>
    Effect.gen(function* () {
      const id = yield* extracted(textOf("words without terms"))
      assert.strictEqual((yield* versionOf(id))?.searchVersion, 0)
      yield* drain
      assert.match((yield* indexOf(id))[0]?.terms ?? "", /'words':1/)
    })
  )

  it.effect("goes on where it was when it is ended in the middle, and shares the work", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const ids = yield* Effect.replicateEffect(extracted(textOf("some text ".repeat(50_000), "end")), 12)
      const first = yield* Effect.forkChild(drain)
      yield* sql`SELECT 1 FROM documents WHERE search_version = 1 AND id = ${ids.at(-1) ?? ""}`.pipe(
        Effect.repeat({ until: (rows) => rows.length > 0 }),
        Effect.timeout("20 seconds")
      )
      yield* Fiber.interrupt(first)
      yield* Effect.all([drain, drain], { concurrency: 2 })
      for (const id of ids) assert.match((yield* indexOf(id))[0]?.terms ?? "", /'end':/)
    })
  )

  it.effect("waits for nobody who works on a document, and leaves it for later", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { next } = yield* Reindexing
      const id = yield* extracted(textOf("held"))
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`SELECT 1 FROM documents WHERE id = ${id} FOR UPDATE`
          // On another connection than this transaction's.
          const other = yield* Effect.promise(() => Effect.runPromise(next))
          assert.isFalse(other)
        })
      )
      assert.isTrue(yield* next)
    })
  )

  it.effect("takes no statement that took too long a second time: the text is stored, its words are given up", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* slowFor("slowpoke")
      const id = yield* extracted(indexedTextOf("a slowpoke of a text"))
      assert.strictEqual((yield* documentOf(id)).status, "ready")
      assert.strictEqual((yield* versionOf(id))?.searchVersion, 0)
      const other = yield* extracted(textOf("another text"))
      yield* drain
      yield* sql`DROP TRIGGER slow ON search_terms`
      assert.deepStrictEqual(yield* versionOf(id), { searchVersion: -1, filenameKey: "a file", indexedInPart: true })
      assert.match((yield* indexOf(id))[0]?.terms ?? "", /'<file'/)
      assert.match((yield* indexOf(other))[0]?.terms ?? "", /'another':1/)
    })
  )

  it.effect("is no use where even the text takes too long: the document fails at once, and is not tried again", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE FUNCTION be_slow_page() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE EXCEPTION USING ERRCODE = '57014'; END $$`
      yield* sql`CREATE TRIGGER slow BEFORE INSERT ON pages FOR EACH ROW EXECUTE FUNCTION be_slow_page()`
      const id = yield* extracted(indexedTextOf("text"))
      yield* sql`DROP TRIGGER slow ON pages`
      const { status, failureCode } = yield* documentOf(id)
      assert.deepStrictEqual([status, failureCode], ["failed", "timed-out"])
    })
  )
})
