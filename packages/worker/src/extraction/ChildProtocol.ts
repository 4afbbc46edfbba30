import { ContentType } from "@kite/domain/documents/Document"
import { FailureCode, Page } from "@kite/domain/documents/Extraction"
import { Schema } from "effect"
import { Limits } from "./ExtractionLimits.ts"

/** A child's configuration: JSON, its only argument. */
export const ChildConfig = Schema.fromJsonString(
  Schema.Struct({
    /** Folder with `<language>.traineddata.gz` for each language. */
    languagePath: Schema.String,
    languages: Schema.Array(Schema.String),
    limits: Limits
  })
)
export type ChildConfig = typeof ChildConfig.Type

/** Parent to child: read this local file. A child gets one request at a time. */
export const ExtractionRequest = Schema.Struct({ path: Schema.String, contentType: ContentType })
export type ExtractionRequest = typeof ExtractionRequest.Type

const Failure = { code: FailureCode, message: Schema.String }

/** Child to parent: `Ready` once, then for each request `Accepted`, its pages in order, and `Finished` or `Failed`. */
export const ChildReply = Schema.Union([
  Schema.TaggedStruct("Ready", {}),
  /** The request arrived. If the child ends after this, the document may be the cause. */
  Schema.TaggedStruct("Accepted", {}),
  Schema.TaggedStruct("PageRead", { page: Page }),
  /** This page could not be read; the others follow. */
  Schema.TaggedStruct("PageFailed", { number: Schema.Int, ...Failure }),
  Schema.TaggedStruct("Finished", {}),
  Schema.TaggedStruct("Failed", Failure)
])
export type ChildReply = typeof ChildReply.Type
export type PageReply = Extract<ChildReply, { readonly _tag: "PageRead" | "PageFailed" }>

/** EX_SOFTWARE in sysexits(3): a defect of the child, not of the document. */
export const defectExitCode = 70
