import { Schema } from "effect"

/** A number of bytes, exact up to 2^53 - 1. */
export const ByteCount = Schema.Natural.pipe(Schema.brand("ByteCount"))
export type ByteCount = typeof ByteCount.Type

/** How much an account may store and how much of it is used. */
export const Quota = Schema.Struct({ usedBytes: ByteCount, limitBytes: ByteCount }).annotate({ identifier: "Quota" })
export type Quota = typeof Quota.Type
