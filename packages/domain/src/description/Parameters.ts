import { maxPageNumber } from "../documents/DocumentText.ts"
import { waitPattern } from "../documents/Wait.ts"
import type { Parameter } from "../openapi/Specification.ts"
import { maxPageSize } from "../Paging.ts"

/** An id that stands for any. */
export const exampleId = "0199e5f0-6d1c-7c3a-9a53-0b1f6a1e7f10"

const details: Readonly<Record<string, Partial<Parameter>>> = {
  id: { description: "The id (a UUID).", example: exampleId },
  limit: {
    description: "How many items a page has at most.",
    // On the wire a number of the query is text.
    schema: { type: "integer", minimum: 1, maximum: maxPageSize }
  },
  page: {
    description: "The number of the first page to return.",
    schema: { type: "integer", minimum: 1, maximum: maxPageNumber }
  },
  cursor: { description: "`nextCursor` of the previous page." },
  q: {
    description:
      'Words that must all occur in the name or the text; `"a phrase"`, `OR`, `-word` and `begin*` have their usual meaning.',
    example: "invoice"
  },
  status: { description: "Only documents with this status." },
  contentType: { description: "Only documents of this type.", example: "application/pdf" },
  createdAfter: {
    description: "Only documents created at this time (RFC 3339) or later.",
    example: "2026-11-01T00:00:00Z"
  },
  createdBefore: {
    description: "Only documents created before this time (RFC 3339), not at it.",
    example: "2026-12-01T00:00:00Z"
  },
  onDuplicate: {
    description:
      "For a file whose bytes you have stored already: `keep` (the default) stores it again and says so in `duplicateOf`, `return` returns the oldest document with these bytes, `reject` is 409. The file must fit into the quota all the same."
  },
  wait: {
    description: "Wait until the text is extracted, for 0 to 60 seconds.",
    schema: { type: "string", pattern: waitPattern.source },
    example: "30s"
  },
  maxOcrConfidence: {
    description: "Only documents read by OCR whose `ocrConfidence` is at most this: those to check by eye.",
    schema: { type: "number", minimum: 0, maximum: 100 }
  },
  sort: { description: "The order; `-` means descending. Default: `-createdAt`, with `q` relevance." },
  email: { description: "Only the account with this e-mail address.", example: "anna@example.org" },
  action: { description: "Only entries with this action." },
  actorId: { description: "Only actions of this account." },
  subjectId: { description: "Only actions on this account or document." },
  clientIp: { description: "Only actions from this IPv4 or IPv6 address.", example: "203.0.113.7" },
  from: { description: "Not before this time.", example: "2026-11-01T00:00:00Z" },
  to: { description: "Before this time.", example: "2026-12-01T00:00:00Z" }
}

export const completeParameter = (parameter: Parameter): Parameter => ({ ...parameter, ...details[parameter.name] })
