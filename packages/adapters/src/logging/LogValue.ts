import { Redacted } from "effect"
import { isSecretName, NotSecret, redacted, scrub } from "./Redaction.ts"

const maxDepth = 6
const maxMembers = 40
const maxNodes = 300
const maxName = 80
const maxText = 2_000

export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [name: string]: Json }

/**
 * Any value as JSON for a log line: without secrets and cycles, with bounded depth, width and length. Never throws: a getter
 * or `toJSON` that throws loses only its own value.
 */
export const logValue = (value: unknown): Json => visit(value, { nodes: 0, path: [] })

interface Walk {
  nodes: number
  readonly path: Array<object>
}

const visit = (value: unknown, walk: Walk): Json => {
  if (++walk.nodes > maxNodes) return "<more>"
  switch (typeof value) {
    case "string":
      return scrub(value, maxText)
    case "number":
      return Number.isFinite(value) ? value : String(value)
    case "boolean":
      return value
    case "bigint":
      return scrub(value.toString(), maxText)
    case "object":
      return value === null ? null : visitGuarded(value, walk)
    case "undefined":
      return null
    default:
      return `<${typeof value}>`
  }
}

const visitGuarded = (value: object, walk: Walk): Json => {
  const depth = walk.path.length
  const json = guarded(() => visitObject(value, walk))
  walk.path.length = depth
  return json
}

const visitObject = (value: object, walk: Walk): Json => {
  if (Redacted.isRedacted(value)) return redacted
  if (value instanceof NotSecret) return visit(value.value, walk)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "<invalid date>" : value.toISOString()
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`
  if (walk.path.includes(value)) return "<cycle>"
  if (walk.path.length >= maxDepth) return "<deeper>"
  walk.path.push(value)
  return visitMembers(value, walk)
}

const visitMembers = (value: object, walk: Walk): Json => {
  if (Array.isArray(value)) return visitItems(value, value.length, walk)
  if (value instanceof Set) return visitItems(value, value.size, walk)
  if (value instanceof Map) return visitEntries(value, value.size, walk)
  if (value instanceof Error) return { type: value.name, message: scrub(value.message, maxText) }
  if ("toJSON" in value && typeof value.toJSON === "function") return visit(value.toJSON(), walk)
  const names = Object.keys(value)
  return visitEntries(namedValues(value, names), names.length, walk)
}

function* namedValues(value: object, names: ReadonlyArray<string>): Iterable<readonly [string, unknown]> {
  for (const name of names) yield [name, guarded(() => Reflect.get(value, name))]
}

const visitItems = (items: Iterable<unknown>, count: number, walk: Walk): Json => {
  const json: Array<Json> = []
  for (const item of items) {
    if (json.length === maxMembers || walk.nodes >= maxNodes) {
      json.push(`<${count - json.length} more>`)
      break
    }
    json.push(visit(item, walk))
  }
  return json
}

const visitEntries = (entries: Iterable<readonly [unknown, unknown]>, count: number, walk: Walk): Json => {
  // In a plain record the name __proto__ would set the prototype.
  const json: Array<readonly [string, Json]> = []
  for (const [key, item] of entries) {
    if (json.length === maxMembers || walk.nodes >= maxNodes) {
      json.push(["more", count - json.length])
      break
    }
    const name = typeof key === "string" ? key : guarded(() => String(key))
    json.push([scrub(name, maxName), isSecretName(name, item) ? redacted : visit(item, walk)])
  }
  return Object.fromEntries(json)
}

const guarded = <A>(read: () => A): A | string => {
  try {
    return read()
  } catch {
    return "<unreadable>"
  }
}
