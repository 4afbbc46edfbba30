import { assert } from "@effect/vitest"
import { CorrelationId, CurrentUserId } from "@kite/adapters/logging/RequestContext"
import type { ExtractedText } from "@kite/domain/documents/Extraction"
import { docxOf } from "@kite/testkit/files/DocxFile"
import { encryptedPdf } from "@kite/testkit/files/PdfFile"
import { suite } from "@kite/testkit/Suite"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Deferred, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { docx } from "./fixtures/ExtractBytes.ts"
import { documentOf, offerDocument, pagesOf, untilStatus } from "./fixtures/Jobs.ts"
import { ports, workerOn } from "./fixtures/WorkerParts.ts"

const real = Layer.orDie(Extractor.layer({ concurrency: 2, languages: ["eng"] }))
const text: ExtractedText = { pages: [{ number: 1, text: "read", source: "text" }] }
const bytes = Buffer.from("The kite flies")

suite(workerOn(real).pipe(Layer.provideMerge(ports)))("ExtractionWorker", (it) => {
  it.effect("turns a document into pages that can be searched", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { documentId } = yield* offerDocument(bytes, "text/plain")
      const document = yield* untilStatus(documentId, "ready", "failed")
      assert.strictEqual(document.status, "ready")
      assert.strictEqual(document.pageCount, 1)
      assert.deepStrictEqual(yield* pagesOf(documentId), [
        { number: 1, text: "The kite flies", source: "text", confidence: null }
      ])
      const found = yield* sql`SELECT id FROM documents WHERE terms @@ to_tsquery('simple', 'flies')`
      assert.deepStrictEqual(found, [{ id: documentId }])
    })
  )

  it.effect("records why a document has no text", () =>
    Effect.gen(function* () {
      const { documentId } = yield* offerDocument(encryptedPdf(), "application/pdf")
      const document = yield* untilStatus(documentId, "ready", "failed")
      assert.strictEqual(document.failureCode, "encrypted")
      assert.strictEqual(document.failureMessage, "The PDF is protected by a password.")
    })
  )

  it.effect("processes more documents than it runs at a time", () =>
    Effect.gen(function* () {
      const file = yield* Effect.promise(() => docxOf("many"))
      const jobs = yield* Effect.replicateEffect(offerDocument(file, docx), 10)
      for (const { documentId } of jobs) {
        assert.strictEqual((yield* untilStatus(documentId, "ready", "failed")).status, "ready")
      }
    })
  )

  it.effect("takes over the job of a dead worker", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      // Offered and taken in one transaction, so that this worker never sees it free.
      const { documentId } = yield* sql.withTransaction(
        Effect.tap(
          offerDocument(bytes, "text/plain"),
          ({ documentId }) => sql`UPDATE extraction_queue
            SET acquired_by = gen_random_uuid(), acquired_at = now(), attempts = 1 WHERE id LIKE ${`${documentId}:%`}`
        )
      )
      assert.strictEqual((yield* untilStatus(documentId, "ready", "failed")).status, "ready")
    })
  )
})

/** An extractor that never finishes, and reports its jobs. */
const held = Effect.map(Deferred.make<readonly [string, string | undefined]>(), (asked) => ({
  asked,
  extractor: Layer.succeed(Extractor, {
    extract: () =>
      Effect.gen(function* () {
        yield* Deferred.succeed(asked, [yield* CorrelationId, yield* CurrentUserId])
        return yield* Effect.never
      })
  })
}))

suite(ports)("ExtractionWorker", (it) => {
  it.effect("returns a job to the queue at shutdown, and the next worker completes it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { asked, extractor } = yield* held
      const job = yield* offerDocument(bytes, "text/plain")
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* Deferred.await(asked), [job.correlationId, job.userId])
        assert.strictEqual((yield* documentOf(job.documentId)).status, "processing")
      }).pipe(Effect.provide(workerOn(extractor), { local: true }))
      const [row] = yield* sql`SELECT state, attempts, acquired_by FROM extraction_queue`
      assert.deepStrictEqual(row, { state: "pending", attempts: 0, acquiredBy: null })
      const quick = Layer.succeed(Extractor, { extract: () => Effect.succeed(text) })
      const document = yield* untilStatus(job.documentId, "ready", "failed").pipe(
        Effect.provide(workerOn(quick), { local: true })
      )
      assert.strictEqual(document.status, "ready")
    })
  )

  it.effect("fails documents whose workers died in every attempt, and no others", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { extractor } = yield* held
      const lost = yield* offerDocument(bytes, "text/plain", { age: "2 minutes" })
      const recent = yield* offerDocument(bytes, "text/plain")
      const busy = yield* offerDocument(bytes, "text/plain", { age: "2 minutes" })
      yield* sql`UPDATE extraction_queue SET state = 'failed' WHERE id NOT LIKE ${`${busy.documentId}:%`}`
      yield* Effect.gen(function* () {
        const document = yield* untilStatus(lost.documentId, "failed")
        assert.strictEqual(document.failureCode, "interrupted")
        assert.strictEqual((yield* documentOf(recent.documentId)).status, "pending")
        assert.include(["pending", "processing"], (yield* documentOf(busy.documentId)).status)
      }).pipe(Effect.provide(workerOn(extractor), { local: true }))
    })
  )
})
