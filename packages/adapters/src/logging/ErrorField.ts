import { Cause } from "effect"
import type { LogError } from "./LogLine.ts"
import { logValue } from "./LogValue.ts"
import { scrub } from "./Redaction.ts"

const maxCauses = 4
const maxMessage = 1_000
const maxStack = 4_000

/** The error of a cause for a log line: its first defect, else its first failure; undefined if it has only interruptions. */
export const errorOfCause = (cause: Cause.Cause<unknown>): LogError | undefined => {
  const defect = cause.reasons.find(Cause.isDieReason)
  if (defect !== undefined) return errorField(defect.defect)
  const failure = cause.reasons.find(Cause.isFailReason)
  return failure === undefined ? undefined : errorField(failure.error)
}

/** Anything thrown as `{type, message, stack, cause}`, scrubbed and bounded; never fails. */
export const errorField = (thrown: unknown, depth = 1): LogError => {
  const message = read(thrown, "message")
  const stack = thrown instanceof Error ? read(thrown, "stack") : undefined
  // SqlError and others keep the inner error as `reason`.
  const below = read(thrown, "cause") ?? read(thrown, "reason")
  return {
    type: scrub(typeName(thrown), 100),
    message: typeof message === "string" && message !== "" ? scrub(message, maxMessage) : inspect(thrown),
    ...(typeof stack === "string" ? { stack: scrub(stack, maxStack) } : {}),
    ...(typeof below === "object" && below !== null && depth < maxCauses ? { cause: errorField(below, depth + 1) } : {})
  }
}

const typeName = (thrown: unknown): string => {
  const tag = read(thrown, "_tag")
  if (typeof tag === "string" && tag !== "") return tag
  const name = read(thrown, "name")
  return typeof name === "string" && name !== "" ? name : typeof thrown
}

// Tagged errors often have fields instead of a message.
const inspect = (thrown: unknown): string => {
  const value = logValue(thrown instanceof Error ? { ...thrown } : thrown)
  return scrub(typeof value === "string" ? value : JSON.stringify(value), maxMessage)
}

const read = (from: unknown, name: string): unknown => {
  if (typeof from !== "object" || from === null) return undefined
  try {
    return Reflect.get(from, name)
  } catch {
    return undefined
  }
}
