import { METHODS } from "node:http"
import { Api } from "@kite/domain/Api"
import { Effect } from "effect"
import { type HttpMethod, HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApi } from "effect/http-api"

/** Every method that Node reads; the router serves HEAD as GET, and types fewer methods than it takes. */
const methods = METHODS.filter((method) => method !== "HEAD" && method !== "CONNECT") as Array<HttpMethod.HttpMethod>

/** The methods of each path of the contract. */
const methodsByPath = () => {
  const found = new Map<string, Array<HttpMethod.HttpMethod>>()
  HttpApi.reflect(Api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint: { path, method } }) => {
      found.set(path, [...(found.get(path) ?? []), method])
    }
  })
  return [...found]
}

/** 405 with `Allow` (RFC 9110 section 15.5.6) for methods that a path of the contract does not have. */
export const layer = HttpRouter.addAll(
  methodsByPath().flatMap(([path, allowed]) => {
    const allow = [...allowed, ...(allowed.includes("GET") ? ["HEAD"] : [])].sort().join(", ")
    const refusal = Effect.succeed(HttpServerResponse.empty({ status: 405, headers: { allow } }))
    return methods
      .filter((method) => !allowed.includes(method))
      .map((method) => HttpRouter.route(method, `/${path.slice(1)}`, refusal))
  })
)
