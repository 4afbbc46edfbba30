import { ContentType } from "@kite/domain/documents/Document"
import { FailureCode, Notice, Page } from "@kite/domain/documents/Extraction"
import { Schema } from "effect"
import { Limits } from "./ExtractionLimits.ts"

/**
 * The parts of the sandbox that this system lacks, a child's last argument: JSON. `launcher`: all of it but Node's permission
 * model; `user`: a root that cannot become another user.
 */
export const Missing = Schema.Array(Schema.Literals(["launcher", "landlock", "seccomp", "user"]))
export type Missing = typeof Missing.Type

/** A child's configuration, its first argument: JSON. */
export const ChildConfig = Schema.fromJsonString(
  Schema.Struct({
    /** Files named `<language>.traineddata.gz`. */
    languageFiles: Schema.Array(Schema.String),
    limits: Limits
  })
)
export type ChildConfig = typeof ChildConfig.Type

/**
 * Parent to child: read the document whose `size` bytes follow on standard input, from its page `firstPage`. A child gets
 * one request at a time.
 */
export const ExtractionRequest = Schema.Struct({
  size: Schema.Int,
  contentType: ContentType,
  firstPage: Schema.Int,
  /** UTF-8 bytes of text that are kept of the document, and those of the pages before `firstPage`. */
  text: Schema.Struct({ maxBytes: Schema.Int, bytesRead: Schema.Int })
})
export type ExtractionRequest = typeof ExtractionRequest.Type

const Failure = { code: FailureCode, message: Schema.String }

/** Child to parent: `Ready` once, then for each request `Accepted`, what is read of it, its terms, and `Finished` or `Failed`. */
export const ChildReply = Schema.Union([
  Schema.TaggedStruct("Ready", { missing: Missing }),
  /** The request and its bytes arrived: if the child ends after this, the document may be the cause. */
  Schema.TaggedStruct("Accepted", {}),
  /** The reading of a page begins: its time runs from here. */
  Schema.TaggedStruct("PageBegun", { number: Schema.Int }),
  Schema.TaggedStruct("PageRead", { page: Page }),
  /** This page could not be read; the others follow. */
  Schema.TaggedStruct("PageFailed", { number: Schema.Int, ...Failure }),
  /** A page that an earlier child has read or was ended by. */
  Schema.TaggedStruct("PageSkipped", {}),
  /** Part of the document is left out. */
  Schema.TaggedStruct("Noticed", { notice: Notice }),
  /** One row of the search index, after the last page; `isComplete` is false if the document has more words than are kept. */
  Schema.TaggedStruct("Indexed", { row: Schema.String, isComplete: Schema.Boolean }),
  /** What the text was taken to be encoded as. */
  Schema.TaggedStruct("EncodingAssumed", { encoding: Schema.String }),
  Schema.TaggedStruct("Finished", {}),
  Schema.TaggedStruct("Failed", Failure)
])
export type ChildReply = typeof ChildReply.Type
/** What the reading of a document yields, in order. */
export type ReadingReply = Extract<
  ChildReply,
  { readonly _tag: "PageRead" | "PageFailed" | "PageSkipped" | "EncodingAssumed" | "Noticed" }
>
export type PageReply = Exclude<ReadingReply, { readonly _tag: "EncodingAssumed" | "Noticed" }>

/** EX_SOFTWARE in sysexits(3): a defect of the child, not of the document. */
export const defectExitCode = 70
