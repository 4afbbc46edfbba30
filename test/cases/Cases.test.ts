import { readFileSync } from "node:fs"
import { assert } from "@effect/vitest"
import { DocumentStatus } from "@kite/domain/documents/Document"
import { FailureCode } from "@kite/domain/documents/Extraction"
import { eventually } from "@kite/testkit/Eventually"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { suite } from "@kite/testkit/Suite"
import { Context, Effect, Layer, Schema } from "effect"

/**
 * A file of a kind that people have: the status of its upload if that is not 201, the statuses that its document may get, words
 * of its text, and queries that find it.
 */
const Case = Schema.Struct({
  file: Schema.String,
  http: Schema.optionalKey(Schema.Int),
  status: Schema.optionalKey(Schema.Union([DocumentStatus, Schema.Array(DocumentStatus)])),
  failure: Schema.optionalKey(FailureCode),
  text: Schema.optionalKey(Schema.Array(Schema.String)),
  queries: Schema.optionalKey(Schema.Array(Schema.String))
})
const at = (path: string) => readFileSync(new URL(path, import.meta.url))
const cases = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Case)))(at("./cases.json").toString())

/** The word that is expected of it is not in its picture, which shows these and is complete but for its end. */
const shown: Readonly<Record<string, ReadonlyArray<string>>> = { "jpeg-without-eoi.jpg": ["Phone", "photograph"] }

/** A kite of its own that gets every file at the start, and reads them while the first ones are checked. */
class Kite extends Context.Service<Kite>()("@kite/test/cases/Kite", {
  make: Effect.gen(function* () {
    const { url } = yield* startKite({ DATA_DIR: yield* temporaryDirectory })
    const { documents } = yield* logInAt(url)
    const uploads = new Map(
      yield* Effect.forEach(cases, ({ file }) =>
        documents.upload({ query: {}, payload: uploadForm(new Uint8Array(at(`./files/${file}`)), file) }).pipe(
          Effect.result,
          Effect.map((result) => [file, result] as const)
        )
      )
    )
    return { documents, uploads }
  })
}) {
  static readonly layer = Layer.effect(Kite, Kite.make)
}

suite(Kite.layer)("people's files", (it) => {
  it.effect.each(cases)("$file", ({ file, http, status = "ready", failure, text = [], queries = [] }) =>
    Effect.gen(function* () {
      const { documents, uploads } = yield* Kite
      const uploaded = uploads.get(file)
      if (uploaded?._tag === "Failure" && "status" in uploaded.failure) {
        return assert.strictEqual(uploaded.failure.status, http)
      }
      assert.isUndefined(http)
      const { id } = yield* Effect.fromResult(uploaded ?? assert.fail(`${file} is missing`))
      const document = yield* eventually(
        documents.get({ params: { id }, query: {} }),
        (document) => document.status === "ready" || document.status === "failed",
        "60 seconds"
      )
      assert.include([status].flat(), document.status)
      if (document.status === "failed") return assert.strictEqual(document.failure?.code, failure)
      const { items: pages } = yield* documents.text({ params: { id }, query: { limit: 100 } })
      const read = pages.map((page) => page.text).join("\n")
      for (const word of shown[file] ?? text) assert.include(read, word)
      for (const q of queries) {
        const { items } = yield* documents.list({ query: { q, limit: 100 } })
        assert.include(
          items.map((item) => item.id),
          id,
          q
        )
      }
    })
  )
})
