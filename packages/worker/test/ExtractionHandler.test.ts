import { assert, layer } from "@effect/vitest"
import { maxAttempts } from "@kite/adapters/queue/ExtractionQueue"
import { type ExtractedText, ExtractionFailure } from "@kite/domain/documents/Extraction"
import { ExtractionHandler } from "@kite/worker/ExtractionHandler"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { documentOf, offerDocument, pagesOf } from "./fixtures/Jobs.ts"
import { handlerOn, ports } from "./fixtures/WorkerParts.ts"

const bytes = Buffer.from("x")
const textOf = (...texts: ReadonlyArray<string>): ExtractedText => ({
  pages: texts.map((text, index) => ({ number: index + 1, text, source: "ocr", ocrConfidence: 90 }))
})

/** Handles with an extractor that does this. */
const handleWith = (extract: Extractor["Service"]["extract"]) =>
  Effect.provide(handlerOn(Layer.succeed(Extractor, { extract })), { local: true })

const handled = (job: Parameters<ExtractionHandler["Service"]["handle"]>[0], attempts = 1) =>
  Effect.flatMap(ExtractionHandler, ({ handle }) => handle(job, attempts))

layer(ports, { excludeTestServices: true, timeout: "60 seconds" })("ExtractionHandler", (it) => {
  it.effect("does nothing a second time for a job that is done", () =>
    Effect.gen(function* () {
      const job = yield* offerDocument(bytes, "text/plain")
      yield* handled(job).pipe(handleWith(() => Effect.succeed(textOf("first"))))
      yield* handled(job).pipe(handleWith(() => Effect.die("not to be asked again")))
      assert.strictEqual((yield* documentOf(job.documentId)).status, "ready")
      assert.lengthOf(yield* pagesOf(job.documentId), 1)
    })
  )

  it.effect("replaces the pages of an earlier attempt", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const job = yield* offerDocument(bytes, "text/plain")
      yield* handled(job).pipe(handleWith(() => Effect.succeed(textOf("one", "two"))))
      yield* sql`UPDATE documents SET status = 'pending', attempt = 2 WHERE id = ${job.documentId}`
      yield* handled({ ...job, attempt: 2 }).pipe(handleWith(() => Effect.succeed(textOf("three"))))
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
      yield* handled({ ...job, attempt: 2 }).pipe(handleWith(() => Effect.fail(failure)))
      assert.deepStrictEqual(yield* facts, [{ encoding: null, ocrConfidence: null, notices: [] }])
    })
  )

  it.effect("writes nothing for an attempt that was superseded meanwhile", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const job = yield* offerDocument(bytes, "text/plain")
      const supersede = sql`UPDATE documents SET status = 'pending', attempt = 2 WHERE id = ${job.documentId}`
      yield* handled(job).pipe(handleWith(() => supersede.pipe(Effect.orDie, Effect.as(textOf("old")))))
      assert.strictEqual((yield* documentOf(job.documentId)).status, "pending")
      assert.deepStrictEqual(yield* pagesOf(job.documentId), [])
    })
  )

  it.effect("is done with a document that was deleted meanwhile", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const job = yield* offerDocument(bytes, "text/plain")
      const remove = sql`DELETE FROM documents WHERE id = ${job.documentId}`
      const failure = new ExtractionFailure({ code: "corrupt", message: "broken" })
      yield* handled(job).pipe(handleWith(() => remove.pipe(Effect.orDie, Effect.andThen(failure))))
      assert.deepStrictEqual(yield* sql`SELECT id FROM documents WHERE id = ${job.documentId}`, [])
    })
  )

  it.effect("has the queue try again when a child was let down, and fails the document after the last time", () =>
    Effect.gen(function* () {
      const job = yield* offerDocument(bytes, "text/plain")
      const crash = handleWith(() => Effect.die(new Error("the child is gone")))
      assert.strictEqual((yield* Effect.flip(handled(job, 1).pipe(crash)))._tag, "JobNotDone")
      assert.strictEqual((yield* documentOf(job.documentId)).status, "processing")
      assert.strictEqual((yield* Effect.flip(handled(job, maxAttempts).pipe(crash)))._tag, "JobNotDone")
      assert.strictEqual((yield* documentOf(job.documentId)).failureCode, "interrupted")
    })
  )

  it.effect("looks again for a file that is missing before it says so", () =>
    Effect.gen(function* () {
      const job = yield* offerDocument(bytes, "text/plain", { stored: false })
      const never = handleWith(() => Effect.die("there is nothing to read"))
      yield* Effect.flip(handled(job, 1).pipe(never))
      assert.strictEqual((yield* documentOf(job.documentId)).status, "processing")
      yield* Effect.flip(handled(job, maxAttempts).pipe(never))
      const document = yield* documentOf(job.documentId)
      assert.strictEqual(document.failureCode, "corrupt")
      assert.match(document.failureMessage ?? "", /cannot be found/)
    })
  )
})
