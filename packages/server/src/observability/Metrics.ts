import { Layer } from "effect"
import * as RateLimitMetrics from "../limits/RateLimitMetrics.ts"
import * as DatabaseMetrics from "./DatabaseMetrics.ts"
import * as EventLoopMetrics from "./EventLoopMetrics.ts"

/** Samples this process and its database into gauges, every 15 s. */
export const layer = Layer.mergeAll(EventLoopMetrics.layer, DatabaseMetrics.layer, RateLimitMetrics.layer)
