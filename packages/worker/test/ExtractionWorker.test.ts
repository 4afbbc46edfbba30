import { assert } from "@effect/vitest"
import { CorrelationId, CurrentUserId } from "@kite/adapters/logging/RequestContext"
import type { ExtractedText } from "@kite/domain/documents/Extraction"
import { docxOf } from "@kite/testkit/files/DocxFile"
import { encryptedPdf } from "@kite/testkit/files/PdfFile"
import { suite } from "@kite/testkit/Suite"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Deferred, Duration, Effect, Layer } from "effect"
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
      const found = yield* sql`SELECT document_id FROM search_terms WHERE terms @@ 'flies'::tsquery`
      assert.deepStrictEqual(found, [{ documentId }])
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

  it.effect("processes more documents than it takes at a time", () =>
    Effect.gen(function* () {
      const file = yield* Effect.promise(() => docxOf("many"))
      const jobs = yield* Effect.replicateEffect(offerDocument(file, docx), 10)
      for (const { documentId } of jobs) {
        assert.strictEqual((yield* untilStatus(documentId, "ready", "failed")).status, "ready")
      }
    })
  )

  it.effect("takes over from a worker that was killed", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      // Offered and taken in one transaction, so that this worker never sees it free.
      const { documentId } = yield* sql.withTransaction(
        Effect.tap(
          offerDocument(bytes, "text/plain"),
          ({ documentId }) => sql`UPDATE extraction_jobs
            SET state = 'running', holder = gen_random_uuid(), due_at = now() + interval '1 second', deliveries = 1
            WHERE id LIKE ${`${documentId}:%`}`
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
  it.effect("returns a job when it shuts down, and the next worker finishes it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { asked, extractor } = yield* held
      const job = yield* offerDocument(bytes, "text/plain")
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* Deferred.await(asked), [job.correlationId, job.userId])
        assert.strictEqual((yield* documentOf(job.documentId)).status, "processing")
      }).pipe(Effect.provide(workerOn(extractor), { local: true }))
      const [row] = yield* sql`SELECT state, deliveries, holder FROM extraction_jobs`
      assert.deepStrictEqual(row, { state: "waiting", deliveries: 0, holder: null })
      const quick = Layer.succeed(Extractor, { extract: () => Effect.succeed(text) })
      const document = yield* untilStatus(job.documentId, "ready", "failed").pipe(
        Effect.provide(workerOn(quick), { local: true })
      )
      assert.strictEqual(document.status, "ready")
    })
  )

  it.effect("fails documents whose job is no longer in the queue, and no others", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { extractor } = yield* held
      const lost = yield* offerDocument(bytes, "text/plain", { age: "2 minutes" })
      const recent = yield* offerDocument(bytes, "text/plain")
      const busy = yield* offerDocument(bytes, "text/plain", { age: "2 minutes" })
      yield* sql`UPDATE extraction_jobs SET state = 'failed' WHERE id NOT LIKE ${`${busy.documentId}:%`}`
      yield* Effect.gen(function* () {
        const document = yield* untilStatus(lost.documentId, "failed")
        assert.strictEqual(document.failureCode, "interrupted")
        assert.strictEqual((yield* documentOf(recent.documentId)).status, "pending")
        assert.include(["pending", "processing"], (yield* documentOf(busy.documentId)).status)
      }).pipe(Effect.provide(workerOn(extractor), { local: true }))
    })
  )

  it.effect("reads the document of another account at once while one account has 500 jobs that never end", () =>
    Effect.gen(function* () {
      const { userId } = yield* offerDocument(bytes, "text/plain")
      yield* Effect.replicateEffect(offerDocument(bytes, "text/plain", { userId }), 499, {
        concurrency: 8,
        discard: true
      })
      const started = yield* Deferred.make<void>()
      let running = 0
      const extractor = Layer.succeed(Extractor, {
        extract: () =>
          Effect.gen(function* () {
            if ((yield* CurrentUserId) !== userId) return text
            running += 1
            yield* Deferred.succeed(started, undefined)
            return yield* Effect.never
          })
      })
      yield* Effect.gen(function* () {
        yield* Deferred.await(started)
        const other = yield* offerDocument(bytes, "text/plain")
        const [elapsed] = yield* Effect.timed(untilStatus(other.documentId, "ready"))
        assert.isBelow(Duration.toMillis(elapsed), 2_000)
        assert.strictEqual(running, 2)
      }).pipe(Effect.provide(workerOn(extractor), { local: true }))
    })
  )
})
