import { Schema, SchemaTransformation } from "effect"

const utc = SchemaTransformation.dateTimeUtcFromString

/** A point in time; ISO 8601 in UTC on the wire (RFC 3339). */
export const Timestamp = Schema.String.annotate({ format: "date-time" }).pipe(Schema.decodeTo(Schema.DateTimeUtc, utc))

/** A point in time that a client sends: RFC 3339, with any offset, to the millisecond. */
export const Instant = Schema.String.annotate({ format: "date-time" })
  .check(
    Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/, {
      message: "must be a time such as 2026-11-22T20:15:00Z or 2026-11-22T20:15:00%2B01:00"
    })
  )
  .pipe(Schema.decodeTo(Schema.DateTimeUtc, utc))
