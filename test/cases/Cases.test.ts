import { readFileSync } from "node:fs"
import { assert, layer } from "@effect/vitest"
import { FailureCode } from "@kite/domain/documents/Extraction"
import { ContentSniffer } from "@kite/server/documents/ContentSniffer"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Effect, Schema } from "effect"
import { extractBytes } from "../../packages/worker/test/fixtures/ExtractBytes.ts"

/** Files of the kinds that people have, and what must be read of each; `queries` are the search's. */
const Case = Schema.Struct({
  file: Schema.String,
  http: Schema.optionalKey(Schema.Int),
  failure: Schema.optionalKey(FailureCode),
  text: Schema.optionalKey(Schema.Array(Schema.String))
})
const at = (path: string) => readFileSync(new URL(path, import.meta.url))
const cases = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Case)))(at("./cases.json").toString())

/** What is expected of it is not in its picture, which shows the words "Phone photograph" and is complete but for its end. */
const shown: Readonly<Record<string, ReadonlyArray<string>>> = { "jpeg-without-eoi.jpg": ["Phone", "photograph"] }

const sniff = (bytes: Uint8Array) => {
  const sniffer = new ContentSniffer()
  return sniffer.push(bytes) ? sniffer.finish() : undefined
}

layer(Extractor.layer({ concurrency: 1, languages: ["eng"] }), { excludeTestServices: true, timeout: "60 seconds" })(
  "people's files",
  (it) => {
    for (const { file, http, failure, text = [] } of cases) {
      it.effect(file, () =>
        Effect.gen(function* () {
          const bytes = new Uint8Array(at(`./files/${file}`))
          const contentType = sniff(bytes)
          if (http === 415) return assert.isUndefined(contentType)
          assert.isDefined(contentType)
          const result = yield* Effect.result(extractBytes(bytes, contentType))
          if (result._tag === "Failure") return assert.strictEqual(result.failure.code, failure)
          const read = result.success.pages.map((page) => page.text).join("\f")
          for (const word of shown[file] ?? text) assert.include(read, word)
        })
      )
    }
  }
)
