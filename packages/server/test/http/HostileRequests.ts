import type { Operation, Parameter } from "@kite/domain/openapi/Specification"
import { boundary, contentType, end, filePart, part } from "@kite/testkit/http/Multipart"
import fc from "fast-check"

/** A request in its parts, so that a failure shows which of them did it. */
export interface HostileRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

const long = (length: number) => "x".repeat(length)

const texts = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e",
    "%",
    "%00",
    "%zz",
    "../..",
    "' OR 1=1 --",
    "\\",
    '"',
    "{}"
  ),
  fc.constantFrom("null", "-0", "1e999", "NaN", "9".repeat(40), "0001-01-01T00:00:00Z", "::ffff:127.0.0.1", "a@b.c"),
  fc.constantFrom(
    long(300),
    long(5_000),
    "😀".repeat(100),
    "a OR b*",
    '"a',
    "-",
    "*",
    "(",
    "1;2",
    "Infinity",
    "__proto__"
  ),
  fc.string({ unit: "binary", maxLength: 40 })
)

const values = fc.oneof(
  texts,
  fc.constantFrom<unknown>(null, true, -1, 0, 1e308, 1.5, 2 ** 53, [], [[]], {}, { a: 1 }, ["a"]),
  fc.jsonValue({ maxDepth: 3 })
)

/** HTTP allows these characters in a field value, and `fetch` sends them as they are. */
const headerValues = texts.map((text) => text.replace(/[^\x20-\x7e\xa0-\xff]/g, "\xff").trim())

const extraHeaders = [
  "accept",
  "accept-encoding",
  "authorization",
  "content-encoding",
  "content-type",
  "cookie",
  "forwarded",
  "if-match",
  "if-none-match",
  "if-range",
  "origin",
  "range",
  "sec-fetch-site",
  "x-correlation-id",
  "x-forwarded-for",
  "x-http-method-override"
]

/** Each member as in the example, hostile, or missing. */
const membersOf = (example: Readonly<Record<string, unknown>>, hostile: fc.Arbitrary<unknown>) =>
  fc.record(
    Object.fromEntries(
      Object.entries(example).map(([name, value]) => [
        name,
        fc.oneof({ weight: 2, arbitrary: fc.constant(value) }, hostile)
      ])
    ),
    { requiredKeys: [] }
  )

const jsonBody = (example: Readonly<Record<string, unknown>>) =>
  fc
    .oneof(
      { weight: 4, arbitrary: membersOf(example, values).map((members) => JSON.stringify(members)) },
      values.map((value) => JSON.stringify(value)),
      texts,
      fc.constantFrom("[".repeat(20_000), `{"a":${long(70_000)}`, '{"__proto__":{"a":1}}', '{"a":1,"a":2}')
    )
    .map((body) => ({ type: "application/json", body }))

const disposition = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("file", "filename", "").map((name) => `form-data; name="${name}"`) },
  fc
    .tuple(fc.constantFrom("file", "filename"), texts)
    .map(([name, text]) => `form-data; name="${name}"; filename="${text}"`),
  fc.constantFrom("form-data", "attachment", "form-data; name=\"file\"; filename*=UTF-8''%ff%00", long(20_000)),
  texts
)

const partText = fc
  .tuple(
    fc.option(disposition),
    fc.oneof(fc.constant(null), texts),
    fc.constantFrom("\r\n\r\n", "\r\n\r\n", "\r\n", "\n\n", ""),
    fc.oneof(texts, fc.constantFrom("%PDF-1.7\n", "PK\x03\x04", "hello"))
  )
  .map(([name, type, gap, content]) =>
    [
      `--${boundary}`,
      ...(name === null ? [] : [`Content-Disposition: ${name}`]),
      ...(type === null ? [] : [`Content-Type: ${type}`])
    ]
      .join("\r\n")
      .concat(gap, content, "\r\n")
  )

const honestPart = fc.constantFrom(filePart(), part("filename", "a.txt"))

const multipartBody = fc
  .tuple(
    fc.array(fc.oneof(honestPart, partText), { maxLength: 5 }),
    fc.constantFrom(end, end, `--${boundary}--`, `--${boundary}`, "")
  )
  .map(([parts, last]) => ({ type: contentType, body: parts.join("") + last }))

const bodyOf = ({ requestBody }: Operation): fc.Arbitrary<{ type?: string; body?: string }> => {
  const [[type = "", media] = []] = Object.entries(requestBody?.content ?? {})
  if (media === undefined) return fc.option(texts.map((body) => ({ body }))).map((found) => found ?? {})
  return type.startsWith("multipart/") ? multipartBody : jsonBody(media.example as Record<string, unknown>)
}

const escaped = (text: string) => encodeURIComponent(text.toWellFormed())

/** As a program would escape it, or not at all. */
const inUrl = fc
  .tuple(texts, fc.boolean())
  .map(([text, raw]) => (raw ? text.replace(/[?#\0-\x20]/g, "") : escaped(text)))

const valueOf = ({ example, schema: { enum: allowed = [] } }: Parameter, hostile: fc.Arbitrary<string>) => {
  const honest = [example, ...allowed].filter((value) => typeof value === "string")
  return honest.length === 0 ? hostile : fc.oneof(fc.constantFrom(...honest), hostile)
}

const record = (parameters: ReadonlyArray<Parameter>, hostile: fc.Arbitrary<string>) =>
  fc.record(Object.fromEntries(parameters.map((parameter) => [parameter.name, valueOf(parameter, hostile)])), {
    requiredKeys: []
  })

/** Requests of one operation in which every part may be hostile. `ids`: what exists, so that some of them go all the way. */
export const hostileRequests = (
  template: string,
  operation: Operation,
  ids: ReadonlyArray<string>
): fc.Arbitrary<HostileRequest> => {
  const of = (place: Parameter["in"]) => operation.parameters.filter((parameter) => parameter.in === place)
  return fc
    .record({
      id: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ids) }, inUrl),
      query: record(of("query"), inUrl),
      suffix: fc.oneof(
        { weight: 12, arbitrary: fc.constant("") },
        fc.constantFrom("/", ";a=b", "//", "%00", "?&=&&", "?%")
      ),
      declared: record(of("header"), headerValues),
      extra: fc.dictionary(fc.constantFrom(...extraHeaders), headerValues, { maxKeys: 3 }),
      content: bodyOf(operation),
      oddBytes: fc.oneof({ weight: 20, arbitrary: fc.constant(null) }, fc.uint8Array({ maxLength: 200 }))
    })
    .map(({ id, query, suffix, declared, extra, content, oddBytes }) => {
      const pairs = Object.entries(query).map(([name, value]) => `${name}=${value}`)
      const search = pairs.length === 0 ? "" : `?${pairs.join("&")}`
      const body = oddBytes === null ? content.body?.toWellFormed() : new Uint8Array(oddBytes)
      return {
        path: template.replace(/\{\w+\}/g, () => id) + suffix + search,
        headers: { ...(content.type !== undefined && { "content-type": content.type }), ...declared, ...extra },
        ...(body !== undefined && { body })
      }
    })
}
