import { ContentType } from "@kite/domain/documents/Document"
import { FailureCode, Notice, Page } from "@kite/domain/documents/Extraction"
import { Schema } from "effect"
import { Limits } from "./ExtractionLimits.ts"

/** What a child is told once, as its only argument: JSON. */
export const ChildConfig = Schema.fromJsonString(
  Schema.Struct({
    /** Folder with a `<language>.traineddata.gz` for each language. */
    languagePath: Schema.String,
    languages: Schema.Array(Schema.String),
    limits: Limits
  })
)
export type ChildConfig = typeof ChildConfig.Type

/** Parent to child: read this local file. A child has at most one such request at a time. */
export const ExtractionRequest = Schema.Struct({ path: Schema.String, contentType: ContentType })
export type ExtractionRequest = typeof ExtractionRequest.Type

const Failure = { code: FailureCode, message: Schema.String }

/** Child to parent: the start, and then for each request `Accepted`, what is read of it and one `Finished` or `Failed`. */
export const ChildReply = Schema.Union([
  Schema.TaggedStruct("Ready", {}),
  /** The request arrived: from here on, what ends the child may be the document's doing. */
  Schema.TaggedStruct("Accepted", {}),
  Schema.TaggedStruct("PageRead", { page: Page }),
  /** A page that could not be read; the others may. */
  Schema.TaggedStruct("PageFailed", { number: Schema.Int, ...Failure }),
  /** What the text was taken to be encoded as. */
  Schema.TaggedStruct("EncodingAssumed", { encoding: Schema.String }),
  /** Part of the document is not read. */
  Schema.TaggedStruct("Noticed", { notice: Notice }),
  Schema.TaggedStruct("Finished", {}),
  Schema.TaggedStruct("Failed", Failure)
])
export type ChildReply = typeof ChildReply.Type
/** What the reading of a document yields, in order. */
export type ReadingReply = Exclude<ChildReply, { readonly _tag: "Ready" | "Accepted" | "Finished" | "Failed" }>
export type PageReply = Extract<ChildReply, { readonly _tag: "PageRead" | "PageFailed" }>

/** EX_SOFTWARE of sysexits(3): the child's own defect, not the document's. */
export const defectExitCode = 70
