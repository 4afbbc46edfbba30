import { Schema } from "effect"
import { UserId } from "../users/User.ts"
import { DocumentId } from "./Document.ts"

/**
 * The work one upload or reprocess causes. `attempt` counts the owner's requests (1 = the upload); `correlationId` is that
 * of the request, so that the worker's log lines tell the same story.
 */
export const ExtractionJob = Schema.Struct({
  documentId: DocumentId,
  userId: UserId,
  attempt: Schema.Int,
  correlationId: Schema.String
})
export type ExtractionJob = typeof ExtractionJob.Type

/** Queue id: offering the same attempt twice is one job. */
export const jobId = (job: Pick<ExtractionJob, "documentId" | "attempt">) => `${job.documentId}:${job.attempt}`
