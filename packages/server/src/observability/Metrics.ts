import { Layer } from "effect"
import * as RateLimitMetrics from "../limits/RateLimitMetrics.ts"
import * as DatabaseMetrics from "./DatabaseMetrics.ts"
import * as EventLoopMetrics from "./EventLoopMetrics.ts"
import * as RequestMinutes from "./RequestMinutes.ts"

/** Samples this process and its database into gauges, every 15 s, and sums up the requests of each minute. */
export const layer = Layer.mergeAll(
  EventLoopMetrics.layer,
  DatabaseMetrics.layer,
  RateLimitMetrics.layer,
  RequestMinutes.layer
)
