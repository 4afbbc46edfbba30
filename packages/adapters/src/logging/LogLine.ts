import { Schema } from "effect"

const text = Schema.optionalKey(Schema.String)
const number = Schema.optionalKey(Schema.Finite)
const flag = Schema.optionalKey(Schema.Boolean)

/** The fields of an event at the top level of a line. All other fields go into `details`. */
export const eventFields = {
  /** snake_case: http_request, http_requests_suppressed, http_minute, job_started, job_finished, job_failed, rate_limited, queue_stats, log_lines_dropped, ... */
  event: text,
  /** HTTP status; 499: the client disconnected before the response. */
  status: number,
  /** Length of the response body. */
  bytes: number,
  /** The client disconnected before the response was complete. */
  aborted: flag,
  /** Milliseconds that a job, a document or other work took. */
  duration_ms: number,
  document_id: text,
  /** Which run of the extraction: 1 is the upload's, each reprocess adds one. */
  attempt: number,
  /** Why a job failed: encrypted, corrupt, unsupported, too-large, timed-out, out-of-memory, ... */
  failure_code: text,
  page_count: number,
  size_bytes: number,
  /** The rate limit policy that refused the request. */
  policy: text,
  /** Seconds. */
  retry_after: number,
  limiter_mode: text,
  queue_depth: number,
  /** Seconds since the oldest unfinished job was offered. */
  queue_age: number,
  /** Number of dropped lines. */
  dropped: number,
  /** Refused requests of the last second that have no line of their own. */
  count: number,
  /** Method and route of a line `http_minute`, and its requests since the line before: all, with a status from 500 on, ... */
  endpoint: text,
  requests: number,
  errors: number,
  /** ... the sum of their milliseconds, and how many took at most so long. */
  latency_sum_ms: number,
  under_25_ms: number,
  under_50_ms: number,
  under_100_ms: number,
  under_200_ms: number,
  under_500_ms: number,
  under_1000_ms: number,
  under_5000_ms: number,
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

/** One line on stdout. Dashboards, alerts and tests rely on this schema and nothing else. */
export const LogLine = Schema.Struct({
  /** RFC 3339 section 5.6, UTC, milliseconds. */
  timestamp: Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)),
  level: Schema.Literals(logLevels),
  message: Schema.String,
  service: Schema.NonEmptyString,
  version: Schema.NonEmptyString,
  /** Of this start of the process. */
  boot: Schema.NonEmptyString,
  /** The number of this line since the start, from 1. Missing numbers are lost lines. */
  seq: Schema.Int,
  /** Of the request or job. */
  correlation_id: Schema.optionalKey(Schema.String.check(Schema.isUUID())),
  user_id: text,
  client_ip: text,
  method: text,
  path: text,
  /** Template of the route, such as `/api/documents/:id`. */
  route: text,
  /** Milliseconds since the request or job started, without the time that the client asked to wait. */
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

/** Whether a field of this name and value belongs to the top level of a line. */
export const isEventField = (name: string, value: unknown): boolean =>
  eventFieldTypes.get(name) === typeof value && (typeof value !== "number" || Number.isFinite(value))
