import { Schema } from "effect"
import { UserId } from "../users/User.ts"
import { DocumentId } from "./Document.ts"

/**
 * One extraction of a document. `run` counts the owner's requests: 1 is the upload, each reprocess adds one. How often the
 * queue delivers a job is a number of its own. `correlationId` is the request's, so that the worker's log lines carry it.
 */
export const ExtractionJob = Schema.Struct({
  documentId: DocumentId,
  userId: UserId,
  run: Schema.Int,
  correlationId: Schema.String
})
export type ExtractionJob = typeof ExtractionJob.Type

/** What identifies a job. */
export type JobKey = Pick<ExtractionJob, "documentId" | "run">

/** Queue id: offering the same run twice is one job. */
export const jobId = ({ documentId, run }: JobKey) => `${documentId}:${run}`
