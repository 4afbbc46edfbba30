import { Schema, SchemaTransformation } from "effect"
import { withHeaders } from "../openapi/Headers.ts"
import type { Operation } from "../openapi/Specification.ts"

/** The longest wait, in seconds: what proxies commonly allow a response to take. */
const maxWait = 60

/** `30s` or `30`, as a whole number of seconds. */
export const waitPattern = /^([0-5]?[0-9]|60)s?$/

const Wait = Schema.String.check(
  Schema.isPattern(waitPattern, { message: `must be 0s to ${maxWait}s, such as 30s` })
).pipe(
  Schema.decodeTo(
    Schema.Int,
    SchemaTransformation.transform({
      decode: (text) => Number.parseInt(text, 10),
      encode: (seconds) => `${seconds}s`
    })
  )
)

export const WaitQuery = Schema.Struct({ wait: Schema.optionalKey(Wait) })

/** RFC 7240 section 2: preferences in a list, values as tokens or in quotes; of several, the first counts. */
const preference = /(?:^|,)\s*wait\s*=\s*(?:(\d{1,9})|"(\d{1,9})")\s*(?=[,;]|$)/i

/** The seconds of `Prefer: wait=...` (RFC 7240 section 4.3), at most `maxWait`; none if there is no such preference that is valid. */
export const preferredWait = (prefer: string | undefined): number | undefined => {
  const [, token, quoted] = preference.exec(prefer ?? "") ?? []
  const seconds = token ?? quoted
  return seconds === undefined ? undefined : Math.min(Number(seconds), maxWait)
}

const prefer = {
  name: "Prefer",
  in: "header" as const,
  required: false,
  description:
    "`wait=30` is the same as `?wait=30s` (RFC 7240), but is cut to 60 s, and ignored rather than refused. `Preference-Applied` says that it counted.",
  schema: { type: "string" },
  example: "wait=30"
}

/** What the schemas cannot tell: the header for the same. */
export const describeWait = (operation: Operation): Operation => {
  const { 200: found, ...responses } = operation.responses
  return {
    ...operation,
    parameters: [...operation.parameters, prefer],
    responses: { ...responses, ...(found && { 200: withHeaders(found, "Preference-Applied") }) }
  }
}
