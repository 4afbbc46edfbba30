import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { documented } from "../openapi/Operation.ts"
import type { Operation } from "../openapi/Specification.ts"

/** One dependency of kite. `ms`: how long the check took. `degraded`: it fails, and kite works without it. */
export const Check = Schema.Struct({ status: Schema.Literals(["up", "degraded", "down"]), ms: Schema.Int })
export type Check = typeof Check.Type

const checks = { postgres: Check, objectStore: Check, queue: Check, redis: Schema.optionalKey(Check) }

/** 200: every request can be served. `redis` is present if it is configured. */
export const Ready = Schema.Struct({
  status: Schema.Literals(["ready", "degraded"]),
  checks: Schema.Struct(checks)
}).annotate({ identifier: "Ready", description: "Requests can be served" })
export type Ready = typeof Ready.Type

/** 503: a dependency is down, or the process is stopping. */
export const NotReady = Schema.Struct({
  status: Schema.Literals(["down", "stopping"]),
  checks: Schema.Struct(checks)
}).annotate({ identifier: "NotReady", description: "A dependency is down, or the server is stopping" })
export type NotReady = typeof NotReady.Type

const readiness = [Ready, NotReady.pipe(HttpApiSchema.status(503))] as const

/** Effect describes 503 by its problem alone. */
const describeNotReady = (operation: Operation): Operation => {
  const { description, content } = operation.responses[503] ?? { description: "" }
  const notReady = { schema: { $ref: "#/components/schemas/NotReady" } }
  const response = {
    description: `A dependency is down or the server is stopping, or: ${description}`,
    content: { "application/json": notReady, ...content }
  }
  return { ...operation, responses: { ...operation.responses, 503: response } }
}

const Live = Schema.Struct({ status: Schema.Literal("live") }).annotate({
  identifier: "Live",
  description: "The process runs"
})

export class HealthApi extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("live", "/live", { success: Live }).annotateMerge(
      documented({ summary: "Check liveness", description: "The process runs. Checks nothing else." })
    ),
    HttpApiEndpoint.get("ready", "/ready", { success: readiness }).annotateMerge(
      documented({
        summary: "Check readiness",
        description:
          "Checks PostgreSQL, the object store, the queue and, if configured, Redis: 200 if requests can be served.",
        change: describeNotReady
      })
    ),
    HttpApiEndpoint.get("health", "/", { success: readiness }).annotateMerge(
      documented({ summary: "Check health", description: "The same as `/health/ready`.", change: describeNotReady })
    )
  )
  .middleware(IpRateLimit)
  .annotate(RateLimitPolicies, [])
  .prefix("/health")
  .annotateMerge(OpenApi.annotations({ title: "Health", description: "For probes. Not rate limited." })) {}
