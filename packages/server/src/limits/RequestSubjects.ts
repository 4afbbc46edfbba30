import { createHash } from "node:crypto"
import { formatIp, parseIp } from "@kite/domain/network/Ip"
import { Email } from "@kite/domain/users/Email"
import { Effect, Option, Schema } from "effect"
import { HttpServerRequest } from "effect/http"

/**
 * The subject of policies by client address: an IPv4 address itself, and the /64 of an IPv6 address, because one subscriber can
 * use every address of a /64. Clients without a known address share `unknown`.
 */
export const ipSubject = (clientIp: string | undefined): string => {
  const ip = clientIp === undefined ? undefined : parseIp(clientIp)
  if (ip === undefined) return "unknown"
  if (typeof ip === "number") return formatIp(ip)
  const network = ip.slice(0, 4).map((segment) => segment.toString(16))
  return `${network.join(":")}::/64`
}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ email: Email })))

const hash = (email: Email) => createHash("sha256").update(email).digest("hex")

/**
 * The subject of policies by e-mail: SHA-256 of the normalised address in the request's JSON body, or undefined where there is no
 * valid one. The request keeps its body, so that the handler can read it too.
 */
export const emailSubject = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => request.text).pipe(
  Effect.map((text) => Option.getOrUndefined(Option.map(decode(text), ({ email }) => hash(email)))),
  Effect.orElseSucceed(() => undefined)
)
