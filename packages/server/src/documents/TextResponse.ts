import { TextNotReady } from "@kite/domain/documents/DocumentErrors"
import { maxPageNumber, type TextQuery } from "@kite/domain/documents/DocumentText"
import type { UserId } from "@kite/domain/users/User"
import { Effect, Sink, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { matchesEtag, preferredType } from "../http/Negotiation.ts"
import { DocumentTexts, type Piece } from "./DocumentTexts.ts"
import type { DocumentRow } from "./rows/DocumentRow.ts"
import { dropWhenStalled } from "./StalledDownload.ts"
import { type TextFormat, textFormats } from "./TextFormat.ts"
import { Transfers } from "./Transfers.ts"

const defaultPages = 20

const encoder = new TextEncoder()

/** Writes slices one after another, as bytes at once: strings that wait with a slow client would be collected late. */
const writerOf = ({ around }: TextFormat) => {
  let isFirst = true
  return (pieces: ReadonlyArray<Piece>): Uint8Array =>
    Buffer.concat(
      pieces.map((piece) => {
        const [before, after] = around(piece, isFirst)
        isFirst = false
        return encoder.encode(before + piece.text + after)
      })
    )
}

/**
 * A document's text over HTTP: JSON or plain text, 200 or 304. A short text is sent at once. A longer one is a stream that reads
 * as fast as its client does and counts as a download of the account, so that memory is bounded whatever is asked for.
 */
export const makeTextResponse = Effect.map(Effect.all([DocumentTexts, Transfers]), ([texts, transfers]) =>
  Effect.fnUntraced(function* (owner: UserId, row: DocumentRow, { page = 1, limit }: TextQuery) {
    const request = yield* HttpServerRequest.HttpServerRequest
    const type = preferredType(request.headers["accept"], ["application/json", "text/plain"])
    const format = textFormats[type]
    const etag = `"${row.id}.${row.attempt}.${format.name}"`
    const headers = { etag, vary: "Accept", "cache-control": "private, no-cache" }
    if (matchesEtag(request.headers["if-none-match"], etag)) {
      return HttpServerResponse.empty({ status: 304, headers })
    }
    const pages = limit ?? (type === "text/plain" ? maxPageNumber : defaultPages)
    const { whole, slices, size, pageCount } = yield* texts.open(row, page, pages, format.escape)
    // Since the document was looked up, its extraction was started again.
    if (pageCount === 0 && page <= (row.pageCount ?? 0)) {
      return yield* new TextNotReady({ documentStatus: "pending", failureCode: null })
    }
    const begin = encoder.encode(format.begin)
    const end = encoder.encode(format.end(page + pages <= (row.pageCount ?? 0) ? page + pages : null))
    const write = writerOf(format)
    const { contentType } = format
    if (whole !== undefined) {
      return HttpServerResponse.uint8Array(Buffer.concat([begin, write(whole), end]), { contentType, headers })
    }
    const contentLength = format.length(size, pageCount)
    const options = { contentType, headers, ...(contentLength !== undefined && { contentLength }) }
    if (request.method === "HEAD") return HttpServerResponse.stream(Stream.empty, options)
    yield* transfers.download(owner)
    yield* dropWhenStalled(request)
    // The status waits for the first slice, so that a failing database is a 503 and not a broken response.
    const [first, rest] = yield* Stream.peel(slices, Sink.take<ReadonlyArray<Piece>>(1))
    const text = Stream.map(Stream.concat(Stream.fromIterable(first), rest), write)
    return HttpServerResponse.stream(Stream.concat(Stream.make(begin), Stream.concat(text, Stream.make(end))), options)
  })
)
