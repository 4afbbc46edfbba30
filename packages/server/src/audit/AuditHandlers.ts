import { Api } from "@kite/domain/Api"
import { AuditDetails } from "@kite/domain/audit/AuditEntry"
import { AuditFilter } from "@kite/domain/audit/AuditQuery"
import { Effect, Layer, Schema, Sink, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { csvHeader, toCsv } from "./AuditCsv.ts"
import { AuditLog } from "./AuditLog.ts"

const options = {
  contentType: "text/csv; charset=utf-8; header=present",
  headers: { "content-disposition": 'attachment; filename="audit.csv"' }
}

/** The filter as the client would write it. */
const encodeFilter = Schema.encodeSync(AuditFilter)
const decodeDetails = Schema.decodeUnknownSync(AuditDetails)
const detailsOf = (filter: AuditFilter) => decodeDetails(encodeFilter(filter))

const makeCsvResponse = Effect.map(AuditLog, (audit) =>
  Effect.fnUntraced(function* (filter: AuditFilter) {
    const { method } = yield* HttpServerRequest.HttpServerRequest
    if (method === "HEAD") return HttpServerResponse.stream(Stream.empty, options)
    yield* audit.record({ action: "audit_exported", details: detailsOf(filter) })
    // The first batch is read before the status is sent: if the database is down, the client gets a 503 and no partial file.
    const [first, rest] = yield* Stream.peel(audit.all(filter), Sink.take<Parameters<typeof toCsv>[0]>(1))
    const lines = Stream.concat(Stream.fromIterable(first), rest).pipe(Stream.map(toCsv))
    const text = Stream.concat(Stream.succeed(csvHeader), lines)
    return HttpServerResponse.stream(Stream.encodeText(text), options)
  })
)

export const layer = HttpApiBuilder.group(
  Api,
  "audit",
  Effect.fn(function* (handlers) {
    const audit = yield* AuditLog
    const respondCsv = yield* makeCsvResponse
    return handlers.handleAll({
      list: ({ query }) => audit.list(query),
      exportCsv: ({ query }) => respondCsv(query)
    })
  })
).pipe(Layer.provide(AuditLog.layer))
