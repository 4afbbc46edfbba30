import { randomBytes } from "node:crypto"
import { type Cause, Clock, type Fiber, type LogLevel, References } from "effect"
import { errorField, errorOfCause } from "./ErrorField.ts"
import { isEventField, type LogError } from "./LogLine.ts"
import { type Json, logValue } from "./LogValue.ts"
import { isSecretName, redacted, scrub } from "./Redaction.ts"
import { CorrelationId, CurrentRequest, CurrentUserId, type RequestRecord } from "./RequestContext.ts"

/** Bytes. Docker splits a line of 16 KiB into pieces that are not JSON. */
export const maxLine = 16_000

const maxMessage = 2_000
const maxPath = 1_000

// Valid in JSON, but programs that show the line take them for line breaks, control sequences or reversed text.
const unprintable = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const escapeUnprintable = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

export interface LogEvent {
  readonly message: unknown
  readonly logLevel: LogLevel.LogLevel
  readonly cause: Cause.Cause<unknown>
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly date: Date
}

interface Parts {
  message: string
  readonly event: Map<string, Json>
  readonly details: Array<readonly [string, Json]>
  error: LogError | undefined
  /** From the line itself if its scope has no user: a failed login. */
  userId: string | undefined
}

/** The process that writes. `boot` names its start, and its lines are numbered from 1: a gap shows that lines were lost. */
export interface LineSource {
  readonly service: string
  readonly version: string
  readonly boot: string
  readonly nextSeq: () => number
}

export const lineSource = ({ service, version }: Pick<LineSource, "service" | "version">): LineSource => {
  let seq = 0
  return { service, version, boot: randomBytes(4).toString("hex"), nextSeq: () => ++seq }
}

/** One event as one line of JSON without a newline, by the schema LogLine and with at most `maxLine` bytes. */
export const jsonLine = ({ service, version, boot, nextSeq }: LineSource) => {
  const sourceMembers = `,"service":${JSON.stringify(service)},"version":${JSON.stringify(version)},"boot":"${boot}"`
  const timestamp = timestamps()
  return (event: LogEvent): string => {
    const parts = readParts(event)
    const head = `{"timestamp":"${timestamp(event.date)}","level":"${event.logLevel.toLowerCase()}"`
    const context = `${sourceMembers},"seq":${nextSeq()}${contextMembers(event.fiber, parts.userId)}`
    const line = assemble(head, parts, context)
    return fits(line) ? line : assemble(head, shortened(parts), context)
  }
}

const assemble = (head: string, parts: Parts, context: string): string => {
  let line = `${head},"message":${JSON.stringify(parts.message)}${context}`
  for (const [name, value] of parts.event) line += `,"${name}":${JSON.stringify(value)}`
  if (parts.error !== undefined) line += `,"error":${JSON.stringify(parts.error)}`
  if (parts.details.length > 0) line += `,"details":${JSON.stringify(Object.fromEntries(parts.details))}`
  return `${line}}`.replace(unprintable, escapeUnprintable)
}

// A UTF-16 unit needs at most three bytes in UTF-8.
const fits = (line: string) => line.length * 3 <= maxLine || Buffer.byteLength(line) <= maxLine

const shortened = (parts: Parts): Parts => ({
  message: parts.message.slice(0, 300),
  event: new Map(
    Array.from(parts.event, ([name, value]) => [name, typeof value === "string" ? value.slice(0, 40) : value])
  ),
  userId: parts.userId,
  details: [["shortened", true]],
  error: parts.error && { type: parts.error.type.slice(0, 100), message: parts.error.message.slice(0, 300) }
})

const timestamps = () => {
  let millis = Number.NaN
  let text = ""
  return (date: Date): string => {
    if (date.getTime() !== millis) {
      millis = date.getTime()
      text = date.toISOString()
    }
    return text
  }
}

const contextMembers = (fiber: LogEvent["fiber"], saidUserId: string | undefined): string => {
  const record = fiber.getRef(CurrentRequest)
  const userId = fiber.getRef(CurrentUserId) ?? record?.userId ?? saidUserId
  const user = userId === undefined ? "" : `,"user_id":${text(userId, 100)}`
  if (record === undefined) {
    const correlationId = fiber.getRef(CorrelationId)
    return (correlationId === "-" ? "" : `,"correlation_id":${text(correlationId, 100)}`) + user
  }
  record.members ??= requestMembers(record)
  const route = record.route === undefined ? "" : `,"route":${text(record.route, 200)}`
  const nanos = Number(fiber.getRef(Clock.Clock).monotonicTimeNanosUnsafe() - record.startedAt)
  return `${record.members}${user}${route},"latency_ms":${Math.max(0, Math.round(nanos / 1_000)) / 1_000}`
}

const requestMembers = (record: RequestRecord): string => {
  let members = `,"correlation_id":${text(record.correlationId, 100)}`
  if (record.clientIp !== undefined) members += `,"client_ip":${text(record.clientIp, 100)}`
  if (record.method !== undefined) members += `,"method":${text(record.method, 20)}`
  if (record.path !== undefined) members += `,"path":${text(record.path, maxPath)}`
  return members
}

const text = (value: string, limit: number) => JSON.stringify(scrub(value, limit))

const readParts = (event: LogEvent): Parts => {
  const parts: Parts = {
    message: "",
    event: new Map(),
    details: [],
    error: errorOfCause(event.cause),
    userId: undefined
  }
  // Later fields win: those of the line over those of its scope.
  const record = event.fiber.getRef(CurrentRequest)
  if (record?.documentId !== undefined) parts.event.set("document_id", record.documentId)
  if (record?.run !== undefined) parts.event.set("attempt", record.run)
  const annotations = event.fiber.getRef(References.CurrentLogAnnotations)
  for (const name in annotations) addField(parts, name, annotations[name])
  for (const [label, start] of event.fiber.getRef(References.CurrentLogSpans))
    addField(parts, `${label}_ms`, event.date.getTime() - start)
  for (const item of Array.isArray(event.message) ? event.message : [event.message]) addItem(parts, item)
  if (parts.message === "" && parts.error !== undefined) parts.message = parts.error.message.slice(0, 300)
  return parts
}

const addItem = (parts: Parts, item: unknown): void => {
  if (item instanceof Error) parts.error ??= errorField(item)
  else if (isFields(item)) for (const name in item) addField(parts, name, item[name])
  else {
    const said = typeof item === "string" ? scrub(item, maxMessage) : JSON.stringify(logValue(item))
    parts.message = parts.message === "" ? said : `${parts.message} ${said}`.slice(0, maxMessage * 2)
  }
}

const isFields = (item: unknown): item is Record<string, unknown> => {
  if (typeof item !== "object" || item === null) return false
  const prototype = Object.getPrototypeOf(item)
  return prototype === Object.prototype || prototype === null
}

const addField = (parts: Parts, name: string, value: unknown): void => {
  if (value === undefined) return
  const key = snakeCase(name)
  if (isEventField(key, value) && !isSecretName(key, value)) parts.event.set(key, logValue(value))
  else if (key === "user_id" && typeof value === "string") parts.userId = value
  else parts.details.push([scrub(key, 80), isSecretName(key, value) ? redacted : logValue(value)])
}

// A name that is not an identifier stays as it is, so that the scrubber sees it.
const snakeCase = (name: string): string =>
  /^[a-z]\w*[A-Z]\w*$/.test(name) ? name.replace(/[A-Z]+/g, "_$&").toLowerCase() : name
