import { Layer } from "effect"
import * as DatabaseMetrics from "./DatabaseMetrics.ts"
import * as EventLoopMetrics from "./EventLoopMetrics.ts"
import * as LimiterMetrics from "./LimiterMetrics.ts"

/** Keeps what `/metrics` shows of this process and of its database up to date, every 15 s. */
export const layer = Layer.mergeAll(EventLoopMetrics.layer, DatabaseMetrics.layer, LimiterMetrics.layer)
