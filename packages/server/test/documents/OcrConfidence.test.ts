import { assert, layer } from "@effect/vitest"
import { insertDocuments } from "@kite/testkit/documents/Rows"
import { Someone, sendAs } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"

layer(Someone.layer.pipe(Layer.provideMerge(TestServer.layer)), { excludeTestServices: true, timeout: "60 seconds" })(
  "documents that OCR is unsure of",
  (it) => {
    it.effect("are listed up to a confidence, with what else is known of their reading", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const user = yield* Someone
        const [sure, doubtful, worse] = yield* insertDocuments(user.id, ["sure", "doubtful", "worse", "no OCR"])
        const notices = [{ code: "pages-failed", message: "The page is damaged.", pages: [2] }]
        yield* sql`UPDATE documents SET ocr_confidence = 95 WHERE id = ${sure}`
        yield* sql`UPDATE documents SET ocr_confidence = 60 WHERE id = ${doubtful}`
        yield* sql`UPDATE documents SET ocr_confidence = 31.5, encoding = 'koi8-r', notices = ${JSON.stringify(notices)}::jsonb
          WHERE id = ${worse}`
        const list = (confidence: string) =>
          sendAs(user, `/api/documents?maxOcrConfidence=${confidence}&sort=createdAt`)
        const { json } = yield* list("60")
        assert.deepStrictEqual(
          json.items.map(({ filename }: { filename: string }) => filename),
          ["doubtful", "worse"]
        )
        assert.deepInclude(json.items[1], { ocrConfidence: 31.5, encoding: "koi8-r", notices })
        assert.deepStrictEqual((yield* list("31.4")).json.items, [])
        for (const wrong of ["101", "-1", "x", ""]) {
          assertProblem(yield* list(wrong), 400, "invalid-request", "/api/documents")
        }
      })
    )
  }
)
