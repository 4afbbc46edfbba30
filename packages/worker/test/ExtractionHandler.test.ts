import { assert } from "@effect/vitest"
import { maxDeliveries } from "@kite/adapters/queue/ExtractionQueue"
import { type ExtractedText, ExtractionFailure } from "@kite/domain/documents/Extraction"
import { suite } from "@kite/testkit/Suite"
import { ExtractionHandler } from "@kite/worker/ExtractionHandler"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Reindexing } from "@kite/worker/search/Reindexing"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { documentOf, offerDocument, pagesOf } from "./fixtures/Jobs.ts"
import { handlerOn, ports } from "./fixtures/WorkerParts.ts"

const bytes = Buffer.from("x")
const textOf = (...texts: ReadonlyArray<string>): ExtractedText => ({
  pages: texts.map((text, index) => ({ number: index + 1, text, source: "ocr", ocrConfidence: 90 }))
})

/** Runs the handler with this extractor. */
const handleWith = (extract: Extractor["Service"]["extract"]) =>
  Effect.provide(handlerOn(Layer.succeed(Extractor, { extract })), { local: true })

const handled = (job: Parameters<ExtractionHandler["Service"]["handle"]>[0], delivery = 1) =>
  Effect.flatMap(ExtractionHandler, ({ handle }) => handle(job, delivery))

suite(ports)("ExtractionHandler", (it) => {
  it.effect("does nothing for a job that is done", () =>
    Effect.gen(function* () {
      const job = yield* offerDocument(bytes, "text/plain")
      yield* handled(job).pipe(handleWith(() => Effect.succeed(textOf("first"))))
      yield* handled(job).pipe(handleWith(() => Effect.die("must not be called again")))
      assert.strictEqual((yield* documentOf(job.documentId)).status, "ready")
      assert.lengthOf(yield* pagesOf(job.documentId), 1)
    })
  )

  it.effect("replaces the pages of an earlier run", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const job = yield* offerDocument(bytes, "text/plain")
      yield* handled(job).pipe(handleWith(() => Effect.succeed(textOf("one", "two"))))
      yield* sql`UPDATE documents SET status = 'pending', attempt = 2 WHERE id = ${job.documentId}`
      yield* handled({ ...job, run: 2 }).pipe(handleWith(() => Effect.succeed(textOf("three"))))
      assert.deepStrictEqual(yield* pagesOf(job.documentId), [
        { number: 1, text: "three", source: "ocr", confidence: 90 }
      ])
    })
  )

  it.effect("stores as many pages as a document may have", () =>
    Effect.gen(function* () {
      const job = yield* offerDocument(bytes, "application/pdf")
      const text = textOf(...Array.from({ length: 500 }, (_, n) => `page ${n} ${"word ".repeat(500)}`))
      yield* handled(job).pipe(handleWith(() => Effect.succeed(text)))
      assert.strictEqual((yield* documentOf(job.documentId)).pageCount, 500)
      assert.lengthOf(yield* pagesOf(job.documentId), 500)
    })
  )

  it.effect("keeps the pages that were read before the time ran out, to be found and read", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const job = yield* offerDocument(bytes, "application/pdf")
      const cutOffBy = new ExtractionFailure({ code: "timed-out", message: "too long" })
      yield* handled(job).pipe(handleWith(() => Effect.succeed({ ...textOf("harbour", "meadow"), cutOffBy })))
      const document = yield* documentOf(job.documentId)
      assert.deepInclude(document, { status: "failed", failureCode: "timed-out", pageCount: 2 })
      assert.lengthOf(yield* pagesOf(job.documentId), 2)
      const reindexing = Effect.flatMap(Reindexing, ({ next }) => Effect.repeat(next, { while: (more) => more }))
      yield* Effect.provide(reindexing, Reindexing.layer)
      const found = yield* sql`SELECT document_id AS id FROM search_terms WHERE terms @@ 'meadow'::tsquery`
      assert.deepStrictEqual(found, [{ id: job.documentId }])
    })
  )

  it.effect("deletes the pages of an earlier run when this one fails", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const job = yield* offerDocument(bytes, "text/plain")
      yield* handled(job).pipe(handleWith(() => Effect.succeed(textOf("one"))))
      yield* sql`UPDATE documents SET status = 'pending', attempt = 2 WHERE id = ${job.documentId}`
      const failure = new ExtractionFailure({ code: "corrupt", message: "broken" })
      yield* handled({ ...job, run: 2 }).pipe(handleWith(() => failure))
      assert.deepInclude(yield* documentOf(job.documentId), { status: "failed", pageCount: null })
      assert.deepStrictEqual(yield* pagesOf(job.documentId), [])
    })
  )

  it.effect("keeps how a document was read, and forgets it when it fails", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const job = yield* offerDocument(bytes, "text/plain")
      const facts = sql`SELECT encoding, ocr_confidence, notices FROM documents WHERE id = ${job.documentId}`
      const notices = [{ code: "pages-failed", message: "The page is damaged.", pages: [2, 5] }] as const
      const pages = [40, 80].map((ocrConfidence, index) => ({
        number: index + 1,
        text: "text",
        source: "text+ocr" as const,
        ocrConfidence
      }))
      const read = { pages: [...pages, { number: 3, text: "", source: "text" as const }], encoding: "koi8-r", notices }
      yield* handled(job).pipe(handleWith(() => Effect.succeed(read)))
      assert.deepStrictEqual(yield* facts, [{ encoding: "koi8-r", ocrConfidence: 60, notices }])
      yield* sql`UPDATE documents SET status = 'pending', attempt = 2 WHERE id = ${job.documentId}`
      const failure = new ExtractionFailure({ code: "corrupt", message: "broken" })
      yield* handled({ ...job, run: 2 }).pipe(handleWith(() => Effect.fail(failure)))
      assert.deepStrictEqual(yield* facts, [{ encoding: null, ocrConfidence: null, notices: [] }])
    })
  )

  it.effect("writes nothing for a run that another has replaced", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const job = yield* offerDocument(bytes, "text/plain")
      const supersede = sql`UPDATE documents SET status = 'pending', attempt = 2 WHERE id = ${job.documentId}`
      yield* handled(job).pipe(handleWith(() => supersede.pipe(Effect.orDie, Effect.as(textOf("old")))))
      assert.strictEqual((yield* documentOf(job.documentId)).status, "pending")
      assert.deepStrictEqual(yield* pagesOf(job.documentId), [])
    })
  )

  it.effect("finishes the job of a document that was deleted meanwhile", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const job = yield* offerDocument(bytes, "text/plain")
      const remove = sql`DELETE FROM documents WHERE id = ${job.documentId}`
      const failure = new ExtractionFailure({ code: "corrupt", message: "broken" })
      yield* handled(job).pipe(handleWith(() => remove.pipe(Effect.orDie, Effect.andThen(failure))))
      assert.deepStrictEqual(yield* sql`SELECT id FROM documents WHERE id = ${job.documentId}`, [])
    })
  )

  it.effect(
    "makes the queue retry when a child ends unexpectedly, and fails the document after the last delivery",
    () =>
      Effect.gen(function* () {
        const job = yield* offerDocument(bytes, "text/plain")
        const crash = handleWith(() => Effect.die(new Error("the child is gone")))
        assert.strictEqual((yield* Effect.flip(handled(job, 1).pipe(crash)))._tag, "JobNotDone")
        assert.strictEqual((yield* documentOf(job.documentId)).status, "processing")
        assert.strictEqual((yield* Effect.flip(handled(job, maxDeliveries).pipe(crash)))._tag, "JobNotDone")
        assert.strictEqual((yield* documentOf(job.documentId)).failureCode, "interrupted")
      })
  )

  it.effect("retries a missing file before it fails the document", () =>
    Effect.gen(function* () {
      const job = yield* offerDocument(bytes, "text/plain", { stored: false })
      const never = handleWith(() => Effect.die("there is nothing to read"))
      yield* Effect.flip(handled(job, 1).pipe(never))
      assert.strictEqual((yield* documentOf(job.documentId)).status, "processing")
      yield* Effect.flip(handled(job, maxDeliveries).pipe(never))
      const document = yield* documentOf(job.documentId)
      assert.strictEqual(document.failureCode, "corrupt")
      assert.match(document.failureMessage ?? "", /cannot be found/)
    })
  )
})
