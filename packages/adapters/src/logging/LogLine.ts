import { Schema } from "effect"

const text = Schema.optionalKey(Schema.String)
const number = Schema.optionalKey(Schema.Finite)
const flag = Schema.optionalKey(Schema.Boolean)

/** What a line about an event may say at its top level. What else is logged goes into `details`. */
export const eventFields = {
  /** snake_case: http_request, job_started, job_finished, job_failed, rate_limited, queue_stats, log_lines_dropped, ... */
  event: text,
  /** HTTP status; 499: the client went away before it got one. */
  status: number,
  /** Length of the response's body. */
  bytes: number,
  /** The client went away before the response was complete. */
  aborted: flag,
  /** Of a job, a document, or another timed piece of work, in milliseconds. */
  duration_ms: number,
  document_id: text,
  /** Which run of the extraction: 1 is the upload's, each reprocess adds one. */
  attempt: number,
  /** Why a job failed: encrypted, corrupt, unsupported, too-large, timed-out, out-of-memory, ... */
  failure_code: text,
  page_count: number,
  size_bytes: number,
  /** Rate limit policy that refused. */
  policy: text,
  /** Seconds. */
  retry_after: number,
  limiter_mode: text,
  queue_depth: number,
  /** Seconds that the oldest waiting job has waited. */
  queue_age: number,
  /** Lines that the sink had to drop. */
  dropped: number,
  outcome: text,
  reason: text
} as const

const ErrorFields = {
  type: Schema.String,
  message: Schema.String,
  stack: Schema.optionalKey(Schema.String)
}

export interface LogError {
  readonly type: string
  readonly message: string
  readonly stack?: string
  readonly cause?: LogError
}

export const LogError = Schema.Struct({
  ...ErrorFields,
  cause: Schema.optionalKey(Schema.suspend((): Schema.Codec<LogError> => LogError))
})

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const

/** One line on stdout: the only description of what the dashboards, the alerts and the tests may rely on. */
export const LogLine = Schema.Struct({
  /** RFC 3339 section 5.6, UTC, milliseconds. */
  timestamp: Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)),
  level: Schema.Literals(logLevels),
  message: Schema.String,
  service: Schema.NonEmptyString,
  version: Schema.NonEmptyString,
  /** Inside of a request or job. */
  correlation_id: Schema.optionalKey(Schema.String.check(Schema.isUUID())),
  user_id: text,
  client_ip: text,
  method: text,
  path: text,
  /** Template of the matched route. */
  route: text,
  /** Since the request or job began. */
  latency_ms: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
  ...eventFields,
  error: Schema.optionalKey(LogError),
  details: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))
})
export type LogLine = typeof LogLine.Type

const typeNames = new Map<unknown, string>([
  [text, "string"],
  [number, "number"],
  [flag, "boolean"]
])
const eventFieldTypes = new Map(Object.entries(eventFields).map(([name, schema]) => [name, typeNames.get(schema)]))

/** Whether the value may stand at the top level of a line under this name. */
export const isEventField = (name: string, value: unknown): boolean =>
  eventFieldTypes.get(name) === typeof value && (typeof value !== "number" || Number.isFinite(value))
