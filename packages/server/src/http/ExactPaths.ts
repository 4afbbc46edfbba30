import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"

/** For `HttpRouter.serve`. The defaults take `/API` and `//api` for `/api`. */
export const routerConfig = { caseSensitive: true, ignoreDuplicateSlashes: false }

/** A path without `%`, `;`, `#` and a slash at its end: the router's match is exact. */
const plain = /^\/(?:[^%;#?]*[^%;#?/])?(?:\?|$)/
/** The scheme and host of a request in absolute form (RFC 9112 section 3.2.2). */
const origin = /^https?:\/\/[^/?#]*/i

const segments = (path: string) => path.split("/").slice(1)

/**
 * Whether the path of a request is the route's, character for character, besides the values of its parameters. The router alone decodes
 * `%64ocuments`, ends a path at `;`, and overlooks a slash at its end, so that a proxy in front could see another path than kite.
 */
export const isExact = (url: string, template: string): boolean => {
  if (plain.test(url)) return true
  const [path = ""] = url.replace(origin, "").split("?", 1)
  if (/[;#]/.test(path) || (path.length > 1 && path.endsWith("/"))) return false
  const wanted = segments(template.length > 1 ? template.replace(/\/$/, "") : template)
  const given = segments(path)
  return given.length === wanted.length && wanted.every((name, index) => name.startsWith(":") || name === given[index])
}

const notFound = Effect.succeed(HttpServerResponse.empty({ status: 404 }))

/** 404 for paths that the router takes for others. Provide it to every route. */
export const layer = HttpRouter.middleware((handler) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) =>
    Effect.flatMap(HttpRouter.RouteContext, ({ route }) => (isExact(url, route.path) ? handler : notFound))
  )
).layer
