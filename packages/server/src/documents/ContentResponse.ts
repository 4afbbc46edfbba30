import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import type { UserId } from "@kite/domain/users/User"
import * as ContentDisposition from "content-disposition"
import { DateTime, Effect, Sink, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import parseRange from "range-parser"
import { evaluatePreconditions, httpDate, matchesIfRange, type Validators } from "../http/Preconditions.ts"
import type { DocumentRow } from "./rows/DocumentRow.ts"
import { dropWhenStalled } from "./StalledDownload.ts"
import { Transfers } from "./Transfers.ts"

/** The content never changes. */
const validatorsOf = ({ sha256, createdAt }: DocumentRow): Validators => ({
  etag: `"${sha256}"`,
  lastModified: DateTime.toEpochMillis(createdAt)
})

/** A suffix that is longer than the content is all of it (RFC 9110 section 14.1.2). */
const shortenSuffixes = (range: string, size: number) =>
  range.replace(
    /([=,]\s*)-(\d+)/g,
    (_, before: string, length: string) => `${before}-${Math.min(Number(length), size)}`
  )

/**
 * The one requested range (RFC 9110 section 14.2). Several ranges, another unit, a stale If-Range and methods other than GET get
 * the whole content.
 */
const rangeOf = ({ headers, method }: HttpServerRequest.HttpServerRequest, size: number, validators: Validators) => {
  const { range, "if-range": ifRange } = headers
  if (method !== "GET" || range === undefined || !/^bytes=/i.test(range) || !matchesIfRange(ifRange, validators))
    return undefined
  const parsed = parseRange(size, shortenSuffixes(range, size))
  if (parsed === -1) return "unsatisfiable"
  return parsed === -2 || parsed.length !== 1 ? undefined : parsed[0]
}

/**
 * A document's content over HTTP: 200, 206, 304, 412 or 416. Always an attachment in a sandbox: uploads must never run as a page of
 * this origin.
 */
export const makeContentResponse = Effect.map(Effect.all([ObjectStore, Transfers]), ([store, transfers]) =>
  Effect.fnUntraced(
    function* (owner: UserId, row: DocumentRow) {
      const request = yield* HttpServerRequest.HttpServerRequest
      const validators = validatorsOf(row)
      const { etag, lastModified } = validators
      const always = {
        etag,
        "last-modified": httpDate(lastModified),
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache"
      }
      const outcome = evaluatePreconditions(request.headers, validators)
      if (outcome !== "passed") {
        return HttpServerResponse.empty({ status: outcome === "failed" ? 412 : 304, headers: always })
      }
      const range = rangeOf(request, row.sizeBytes, validators)
      if (range === "unsatisfiable") {
        return HttpServerResponse.empty({
          status: 416,
          headers: { ...always, "content-range": `bytes */${row.sizeBytes}` }
        })
      }
      const { start, end } = range ?? { start: 0, end: row.sizeBytes - 1 }
      const options = {
        status: range === undefined ? 200 : 206,
        contentType: row.contentType,
        contentLength: end - start + 1,
        headers: {
          ...always,
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
