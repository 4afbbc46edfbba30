import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import { problemType } from "../Problem.ts"
import { DocumentStatus } from "./Document.ts"
import { FailureCode } from "./Extraction.ts"
import { kindNames, kinds } from "./Kinds.ts"
import { ByteCount } from "./Quota.ts"

/** 413: the file does not fit into what is left of the quota. `rejectedBytes` is its size as far as it was known. */
export class QuotaExceeded extends HttpApiError.Problem<QuotaExceeded>()(
  "QuotaExceeded",
  {
    type: problemType("quota-exceeded"),
    status: 413,
    title: "The quota does not hold this file"
  },
  { usedBytes: ByteCount, limitBytes: ByteCount, rejectedBytes: ByteCount }
) {}

/** 413: the file is larger than any upload may be (`maxUploadBytes`), whatever the quota. */
export class UploadTooLarge extends HttpApiError.Problem<UploadTooLarge>()(
  "UploadTooLarge",
  {
    type: problemType("upload-too-large"),
    status: 413,
    title: "The file is too large"
  },
  { usedBytes: ByteCount, limitBytes: ByteCount, rejectedBytes: ByteCount, maxUploadBytes: ByteCount }
) {}

const Accepted = Schema.Struct({
  contentType: Schema.String,
  name: Schema.String,
  extensions: Schema.Array(Schema.String)
})

/** 415: the file's bytes are of no kind kite can read. `seen` says what they look like, `accepted` lists what is read. */
export class UnsupportedFile extends HttpApiError.Problem<UnsupportedFile>()(
  "UnsupportedFile",
  {
    type: problemType("unsupported-file"),
    status: 415,
    title: "Files of this kind cannot be read"
  },
  { seen: Schema.String, accepted: Schema.Array(Accepted) }
) {
  /** `seen` with its article, like "a RAR archive". */
  static of(seen: string) {
    const accepted = kinds.map(({ contentType, name, extensions }) => ({ contentType, name, extensions }))
    return new UnsupportedFile({ seen, accepted, detail: `The file is ${seen}. Files can be ${kindNames}.` })
  }
}

/** 400: the multipart body is cut off, has no `file`, more than one, or an empty one. */
export class InvalidUpload extends HttpApiError.Problem<InvalidUpload>()("InvalidUpload", {
  type: problemType("invalid-upload"),
  status: 400,
  title: "The upload cannot be read"
}) {}

/** 400: the cursor was not made by this list, or was made for another `sort`. */
export class InvalidCursor extends HttpApiError.Problem<InvalidCursor>()("InvalidCursor", {
  type: problemType("invalid-cursor"),
  status: 400,
  title: "The cursor is not valid"
}) {}

/** 409: the text is not there: not yet (`pending`, `processing`) or not at all (`failed`, with its reason). */
export class TextNotReady extends HttpApiError.Problem<TextNotReady>()(
  "TextNotReady",
  {
    type: problemType("text-not-ready"),
    status: 409,
    title: "The document has no text yet"
  },
  { documentStatus: DocumentStatus, failureCode: Schema.NullOr(FailureCode) }
) {}

/** 409: the document is being processed already. */
export class ExtractionRunning extends HttpApiError.Problem<ExtractionRunning>()("ExtractionRunning", {
  type: problemType("extraction-running"),
  status: 409,
  title: "The document is being processed already"
}) {}
