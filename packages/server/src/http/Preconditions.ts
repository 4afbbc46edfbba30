import { matchesEtag } from "./Negotiation.ts"

type RequestHeaders = Readonly<Record<string, string | undefined>>

/** What a representation is told apart by. `lastModified` is in ms. */
export interface Validators {
  /** A strong entity tag, quoted. */
  readonly etag: string
  readonly lastModified: number
}

const dayName = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/

/** An HTTP-date in any of its three forms (RFC 9110 section 5.6.7), in ms; none if it is no date. */
const parseDate = (text: string | undefined) => {
  if (text === undefined || !dayName.test(text)) return undefined
  const millis = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`)
  return Number.isNaN(millis) ? undefined : millis
}

/** HTTP-dates have no fractions of seconds. */
const inSeconds = (millis: number) => Math.floor(millis / 1_000) * 1_000

/** `Last-Modified` of the representation. */
export const httpDate = (millis: number) => new Date(millis).toUTCString()

/** Whether a list of If-Match names this entity tag: strong comparison (RFC 9110 section 13.1.1). */
const isNamed = (header: string, etag: string) =>
  header.split(",").some((tag) => tag.trim() === "*" || tag.trim() === etag)

/**
 * The preconditions of a GET or HEAD, in the order of RFC 9110 section 13.2.2: `failed` is 412, `unchanged` is 304. A date that
 * is none is ignored.
 */
export const evaluatePreconditions = (headers: RequestHeaders, { etag, lastModified }: Validators) => {
  const modified = inSeconds(lastModified)
  const { "if-match": match, "if-none-match": noneMatch } = headers
  const unmodifiedSince = parseDate(headers["if-unmodified-since"])
  if (match !== undefined) {
    if (!isNamed(match, etag)) return "failed"
  } else if (unmodifiedSince !== undefined && modified > unmodifiedSince) return "failed"

  if (noneMatch !== undefined) return matchesEtag(noneMatch, etag) ? "unchanged" : "passed"
  const modifiedSince = parseDate(headers["if-modified-since"])
  return modifiedSince !== undefined && modified <= modifiedSince ? "unchanged" : "passed"
}

/** Whether If-Range, where it is sent, still names the representation (RFC 9110 section 13.1.5). */
export const matchesIfRange = (header: string | undefined, { etag, lastModified }: Validators) =>
  header === undefined || header === etag || parseDate(header) === inSeconds(lastModified)
