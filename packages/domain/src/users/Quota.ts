import { Schema } from "effect"

/** A number of bytes, exact up to 2^53 - 1. */
export const ByteCount = Schema.Natural.pipe(Schema.brand("ByteCount"))
export type ByteCount = typeof ByteCount.Type

/** How many bytes an account may store, and how many it stores. */
export const Quota = Schema.Struct({ usedBytes: ByteCount, limitBytes: ByteCount }).annotate({ identifier: "Quota" })
export type Quota = typeof Quota.Type
