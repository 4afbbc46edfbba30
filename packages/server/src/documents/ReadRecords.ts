import { Settings } from "@kite/adapters/settings/Settings"
import type { DocumentId } from "@kite/domain/documents/Document"
import { Effect } from "effect"
import { HttpServerRequest, type HttpServerResponse } from "effect/http"
import { AuditLog } from "../audit/AuditLog.ts"

/**
 * Records downloads and reads of texts in the audit log before the response is sent, if AUDIT_READS is `on`: a read that cannot
 * be recorded fails. Responses that carry nothing of the document (304, 416, HEAD) are not recorded.
 */
export const makeReadRecords = Effect.gen(function* () {
  const { AUDIT_READS } = yield* Settings
  const audit = yield* AuditLog
  const subjectOf = (id: DocumentId) => ({ type: "document", id }) as const

  if (AUDIT_READS === "off") return { download: () => () => Effect.void, text: () => () => Effect.void }
  const unlessHead = (record: Effect.Effect<void>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ method }) => (method === "HEAD" ? Effect.void : record))

  return {
    download: (id: DocumentId) => (response: HttpServerResponse.HttpServerResponse) =>
      response.status === 200 || response.status === 206
        ? unlessHead(
            audit.record({
              action: "document_downloaded",
              subject: subjectOf(id),
              details: { bytes: Number(response.headers["content-length"] ?? 0) }
            })
          )
        : Effect.void,
    text: (id: DocumentId) => (response: HttpServerResponse.HttpServerResponse) =>
      response.status === 200
        ? unlessHead(audit.record({ action: "document_text_read", subject: subjectOf(id) }))
        : Effect.void
  }
})
