import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"

/** One part kite stands on; `ms` is how long its answer took. `degraded`: it fails, and kite goes on without it. */
export const Check = Schema.Struct({ status: Schema.Literals(["up", "degraded", "down"]), ms: Schema.Int })
export type Check = typeof Check.Type

const checks = { postgres: Check, objectStore: Check, queue: Check, redis: Schema.optionalKey(Check) }

/** 200: every request can be served. `redis` is there where one is configured. */
export const Ready = Schema.Struct({
  status: Schema.Literals(["ready", "degraded"]),
  checks: Schema.Struct(checks)
}).annotate({ identifier: "Ready" })
export type Ready = typeof Ready.Type

/** 503: a part is down, or the process is shutting down. */
export const NotReady = Schema.Struct({
  status: Schema.Literals(["down", "stopping"]),
  checks: Schema.Struct(checks)
}).annotate({ identifier: "NotReady" })
export type NotReady = typeof NotReady.Type

const readiness = [Ready, NotReady.pipe(HttpApiSchema.status(503))] as const

export class HealthApi extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("live", "/live", { success: Schema.Struct({ status: Schema.Literal("live") }) }).annotate(
      OpenApi.Summary,
      "The process runs"
    ),
    HttpApiEndpoint.get("ready", "/ready", { success: readiness }).annotate(OpenApi.Summary, "Requests can be served"),
    HttpApiEndpoint.get("health", "/", { success: readiness }).annotate(OpenApi.Summary, "The same as ready")
  )
  .middleware(IpRateLimit)
  .annotate(RateLimitPolicies, [])
  .prefix("/health")
  .annotateMerge(OpenApi.annotations({ title: "Health", description: "For probes; never rate limited" })) {}
