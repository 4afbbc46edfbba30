import { Api } from "@kite/domain/Api"
import type { AuditFilter } from "@kite/domain/audit/AuditQuery"
import { Effect, Sink, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { csvHeader, toCsv } from "./AuditCsv.ts"
import { AuditLog } from "./AuditLog.ts"
import { AuditTrail } from "./AuditTrail.ts"

const options = {
  contentType: "text/csv; charset=utf-8; header=present",
  headers: { "content-disposition": 'attachment; filename="audit.csv"' }
}

const makeCsvResponse = Effect.gen(function* () {
  const log = yield* AuditLog
  const trail = yield* AuditTrail
  return Effect.fnUntraced(function* (filter: AuditFilter) {
    const { method } = yield* HttpServerRequest.HttpServerRequest
    if (method === "HEAD") return HttpServerResponse.stream(Stream.empty, options)
    yield* log.record({ action: "audit_exported" })
    // The first batch is awaited before the status goes out, so that a database that is down is a 503 and no torn file.
    const [first, rest] = yield* Stream.peel(trail.all(filter), Sink.take<Parameters<typeof toCsv>[0]>(1))
    const lines = Stream.concat(Stream.fromIterable(first), rest).pipe(Stream.map(toCsv))
    const text = Stream.concat(Stream.succeed(csvHeader), lines)
    return HttpServerResponse.stream(Stream.encodeText(text), options)
  })
})

export const layer = HttpApiBuilder.group(
  Api,
  "audit",
  Effect.fn(function* (handlers) {
    const trail = yield* AuditTrail
    const respondCsv = yield* makeCsvResponse
    return handlers.handleAll({
      list: ({ query }) => trail.list(query),
      exportCsv: ({ query }) => respondCsv(query)
    })
  })
)
