import { assert } from "@effect/vitest"
import { suite } from "@kite/testkit/Suite"
import { ExtractionResults } from "@kite/worker/ExtractionResults"
import { Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { documentOf, offerDocument } from "./fixtures/Jobs.ts"
import { ports } from "./fixtures/WorkerParts.ts"

const old = (text: string) => offerDocument(Buffer.from(text), "text/plain", { age: "2 minutes" })

suite(ExtractionResults.layer.pipe(Layer.provideMerge(ports)))("ExtractionResults", (it) => {
  it.effect("fails old documents without a job for their run, and leaves those whose job waits", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { failAbandoned } = yield* ExtractionResults
      const [waiting, lost, rerun] = [yield* old("waiting"), yield* old("lost"), yield* old("rerun")]
      yield* sql`UPDATE extraction_jobs SET state = 'failed' WHERE id LIKE ${`${lost.documentId}:%`}`
      yield* sql`UPDATE documents SET attempt = 2 WHERE id = ${rerun.documentId}`
      assert.sameMembers([...(yield* failAbandoned(Duration.minutes(1)))], [lost.documentId, rerun.documentId])
      assert.strictEqual((yield* documentOf(waiting.documentId)).status, "pending")
      assert.strictEqual((yield* documentOf(rerun.documentId)).failureCode, "interrupted")
      assert.deepStrictEqual(yield* failAbandoned(Duration.minutes(1)), [])
    })
  )
})
