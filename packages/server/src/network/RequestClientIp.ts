import { NodeHttpServerRequest } from "@effect/platform-node"
import { clientIp, type TrustedProxyRule } from "@kite/domain/network/ClientIp"
import { parseIp } from "@kite/domain/network/Ip"
import type { TrustedProxies } from "@kite/domain/network/TrustedProxies"
import { Option } from "effect"
import type { HttpServerRequest } from "effect/http"

/** The settings of trusted proxies. */
export interface ProxySettings {
  readonly trusted: TrustedProxies
  readonly rule?: TrustedProxyRule | undefined
  readonly maxHops?: number | undefined
}

const name = "x-forwarded-for"

/** The peer's address, and the field lines of X-Forwarded-For in their order, which Node's joined `headers` do not keep. */
export const forwardingOf = (request: HttpServerRequest.HttpServerRequest) => {
  const { rawHeaders } = NodeHttpServerRequest.toIncomingMessage(request)
  const forwardedFor: Array<string> = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const field = rawHeaders[index] ?? ""
    if (field.length === name.length && field.toLowerCase() === name) forwardedFor.push(rawHeaders[index + 1] ?? "")
  }
  return { peer: Option.getOrUndefined(request.remoteAddress), forwardedFor }
}

/** The client's address, or undefined where even the peer's is unknown. */
export const requestClientIp = (request: HttpServerRequest.HttpServerRequest, proxies: ProxySettings) =>
  clientIp({ ...forwardingOf(request), ...proxies }) ?? undefined

/** Whether the request's peer is a trusted proxy. */
export const isTrustedPeer = (request: HttpServerRequest.HttpServerRequest, { trusted }: ProxySettings): boolean => {
  const peer = parseIp(Option.getOrElse(request.remoteAddress, () => ""))
  return peer !== undefined && trusted.has(peer)
}
