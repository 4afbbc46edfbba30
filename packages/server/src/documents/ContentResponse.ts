import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import type { UserId } from "@kite/domain/users/User"
import * as ContentDisposition from "content-disposition"
import { Effect, Sink, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import parseRange from "range-parser"
import { matchesEtag } from "../http/Negotiation.ts"
import type { DocumentRow } from "./rows/DocumentRow.ts"
import { dropWhenStalled } from "./StalledDownload.ts"
import { Transfers } from "./Transfers.ts"

const etagOf = ({ sha256 }: DocumentRow) => `"${sha256}"`

/**
 * The one requested range (RFC 9110 section 14.2). Several ranges, another unit, a stale If-Range and methods other than GET get
 * the whole content.
 */
const rangeOf = ({ headers, method }: HttpServerRequest.HttpServerRequest, size: number, etag: string) => {
  const { range, "if-range": ifRange } = headers
  if (method !== "GET" || range === undefined || !/^bytes=/i.test(range) || (ifRange !== undefined && ifRange !== etag))
    return undefined
  const parsed = parseRange(size, range)
  if (parsed === -1) return "unsatisfiable"
  return parsed === -2 || parsed.length !== 1 ? undefined : parsed[0]
}

/**
 * A document's content over HTTP: 200, 206, 304 or 416. Always an attachment in a sandbox: uploads must never run as a page of
 * this origin.
 */
export const makeContentResponse = Effect.map(Effect.all([ObjectStore, Transfers]), ([store, transfers]) =>
  Effect.fnUntraced(
    function* (owner: UserId, row: DocumentRow) {
      const request = yield* HttpServerRequest.HttpServerRequest
      const etag = etagOf(row)
      const validators = { etag, "accept-ranges": "bytes", "cache-control": "private, no-cache" }
      if (matchesEtag(request.headers["if-none-match"], etag)) {
        return HttpServerResponse.empty({ status: 304, headers: validators })
      }
      const range = rangeOf(request, row.sizeBytes, etag)
      if (range === "unsatisfiable") {
        return HttpServerResponse.empty({
          status: 416,
          headers: { ...validators, "content-range": `bytes */${row.sizeBytes}` }
        })
      }
      const { start, end } = range ?? { start: 0, end: row.sizeBytes - 1 }
      const options = {
        status: range === undefined ? 200 : 206,
        contentType: row.contentType,
        contentLength: end - start + 1,
        headers: {
          ...validators,
          "content-disposition": ContentDisposition.create(row.filename),
          "content-security-policy": "sandbox; default-src 'none'",
          ...(range !== undefined && { "content-range": `bytes ${start}-${end}/${row.sizeBytes}` })
        }
      }
      if (request.method === "HEAD") return HttpServerResponse.stream(Stream.empty, options)
      yield* transfers.download(owner)
      yield* dropWhenStalled(request)
      // The status waits for the first bytes, so that a failing store is a 503 and not a broken download.
      const [first, rest] = yield* Stream.peel(
        store.get(row.objectKey, range && { start, end }),
        Sink.take<Uint8Array>(1)
      )
      return HttpServerResponse.stream(Stream.concat(Stream.fromIterable(first), rest), options)
    },
    Effect.catchTag(["ObjectNotFound", "ObjectStoreError"], Effect.die)
  )
)
