import { Schema, SchemaTransformation } from "effect"

/** A point in time; ISO 8601 in UTC on the wire (RFC 3339). */
export const Timestamp = Schema.String.annotate({ format: "date-time" }).pipe(
  Schema.decodeTo(Schema.DateTimeUtc, SchemaTransformation.dateTimeUtcFromString)
)
