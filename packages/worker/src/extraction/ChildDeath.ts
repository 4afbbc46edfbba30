import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { defectExitCode } from "./ChildProtocol.ts"
import type { ChildExit } from "./ExtractorChild.ts"

export const outOfMemory = () =>
  new ExtractionFailure({ code: "out-of-memory", message: "Reading the document needs more memory than is allowed." })

export const timedOut = () =>
  new ExtractionFailure({ code: "timed-out", message: "Reading the document took too long." })

/** A child ended for a reason that is not the document's: the job is worth another try. */
export class ExtractorCrashed extends Error {
  override readonly name = "ExtractorCrashed"
}

export const crashed = ({ code, signal, stderr }: ChildExit) =>
  new ExtractorCrashed(`an extraction child ended with ${signal ?? code}: ${stderr}`)

/**
 * What the end of a child in the middle of a document means. A child that the kernel kills for memory (`isOom`) has met a
 * document that is too much for this worker: the next try would end the same way. Other signals sent by others (an operator)
 * and the child's own defects say nothing about the document; a crash of its own does.
 */
export const causeOfDeath = (exit: ChildExit, isOom: boolean): ExtractionFailure | ExtractorCrashed => {
  const { code, signal, stderr } = exit
  if (isOom && signal === "SIGKILL") return outOfMemory()
  if (/heap out of memory|Allocation failed|OOM/.test(stderr)) return outOfMemory()
  const foreign = code === defectExitCode || ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"].includes(signal ?? "")
  return foreign
    ? crashed(exit)
    : new ExtractionFailure({ code: "corrupt", message: "The document is damaged and cannot be read." })
}
