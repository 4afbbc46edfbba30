import { ClientIp, CurrentRequest } from "@kite/adapters/logging/RequestContext"
import type { AuditDetails } from "@kite/domain/audit/AuditEntry"
import { Clock, Effect, Layer, Option, Schema, Scope } from "effect"
import { HttpEffect, HttpRouter, type HttpServerResponse } from "effect/http"
import { AuditLog } from "./AuditLog.ts"
import { RefusalWindow } from "./RefusalWindow.ts"

const ProblemBody = Schema.fromJsonString(
  Schema.Struct({ type: Schema.String, "violated-policies": Schema.optionalKey(Schema.Array(Schema.String)) })
)
const decodeProblem = Schema.decodeUnknownOption(ProblemBody)

/** The problem's name, and for a 429 the policies that refused. */
const detailsOf = ({ body, status }: HttpServerResponse.HttpServerResponse): AuditDetails => {
  const text = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
  const problem = Option.getOrUndefined(decodeProblem(text))
  const policies = problem?.["violated-policies"]
  return {
    status,
    ...(problem !== undefined && { problem: problem.type.slice(problem.type.search(/[^:#]*$/)) }),
    ...(policies !== undefined && { policies: policies.join(",") })
  }
}

/**
 * Records refused requests (403 and 429) in the audit log, in the background, so that a refusal never waits for PostgreSQL. The
 * log of requests has every one of them; the audit log has the first of each kind per account or address in a RefusalWindow.
 */
export const layer = HttpRouter.middleware(
  Effect.gen(function* () {
    const audit = yield* AuditLog
    const scope = yield* Scope.Scope
    const window = new RefusalWindow()

    const record = (response: HttpServerResponse.HttpServerResponse) =>
      Effect.gen(function* () {
        const [request, clientIp] = [yield* CurrentRequest, yield* ClientIp]
        const details: AuditDetails = {
          ...detailsOf(response),
          ...(request?.route !== undefined && { route: request.route })
        }
        const kind = `${details["status"]} ${details["problem"]} ${details["policies"]}`
        if (!window.admit(kind, request?.userId ?? clientIp ?? "unknown", yield* Clock.currentTimeMillis)) return
        yield* audit.record({ action: "request_refused", actorId: request?.userId, details }).pipe(
          Effect.catchCause((cause) => Effect.logWarning("A refused request was not recorded", cause)),
          Effect.forkIn(scope)
        )
      })

    const handler: HttpEffect.PreResponseHandler = (_request, response) =>
      response.status === 403 || response.status === 429
        ? Effect.as(record(response), response)
        : Effect.succeed(response)

    return (app) =>
      Effect.withFiber((fiber) => {
        HttpEffect.appendPreResponseHandlerUnsafe(fiber.context, handler)
        return app
      })
  }),
  { global: true }
).pipe(Layer.provide(AuditLog.layer))
