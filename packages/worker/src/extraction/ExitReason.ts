import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { defectExitCode } from "./ChildProtocol.ts"
import type { ChildExit } from "./ExtractorChild.ts"

export const outOfMemory = () =>
  new ExtractionFailure({ code: "out-of-memory", message: "Reading the document needs more memory than is allowed." })

export const timedOut = () =>
  new ExtractionFailure({ code: "timed-out", message: "Reading the document took too long." })

/** A child ended for a reason that has nothing to do with the document: the job can be retried. */
export class ExtractorCrashed extends Error {
  override readonly name = "ExtractorCrashed"
}

export const crashed = ({ code, signal, stderr }: ChildExit) =>
  new ExtractorCrashed(`An extraction process ended with ${signal ?? code}: ${stderr}`)

/**
 * Why a child ended in the middle of a document. If the kernel killed it for memory (`isOom`), the document needs more than this
 * worker has, and a retry would end the same way. Other signals from outside (an operator) and kite's own defects say nothing about
 * the document; a crash of the child does.
 */
export const exitReason = (exit: ChildExit, isOom: boolean): ExtractionFailure | ExtractorCrashed => {
  const { code, signal, stderr } = exit
  if (isOom && signal === "SIGKILL") return outOfMemory()
  if (/heap out of memory|Allocation failed|OOM/.test(stderr)) return outOfMemory()
  const foreign = code === defectExitCode || ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"].includes(signal ?? "")
  return foreign
    ? crashed(exit)
    : new ExtractionFailure({ code: "corrupt", message: "The document is damaged and cannot be read." })
}
