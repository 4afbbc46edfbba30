import { Settings } from "@kite/adapters/settings/Settings"
import { Api } from "@kite/domain/Api"
import { describeApi } from "@kite/domain/description/ApiDescription"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiScalar } from "effect/http-api"
import { refreshCookieName } from "../auth/sessions/RefreshCookie.ts"
import { makeStaticContent } from "./StaticContent.ts"

/** Nothing that would contact another host. */
const configuration = {
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: "never",
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true }
}

const page = (script: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>kite: API</title>
<body>
<script id="api-reference" data-url="/openapi.json" data-configuration="${JSON.stringify(configuration).replaceAll('"', "&quot;")}"></script>
<script src="${script}"></script>
</body>
</html>
`
/** Styles are set by the script, hence inline; scripts come from this server alone. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Scalar's script, which effect only offers inside a page of 3 MB. */
const scalarScript = Effect.gen(function* () {
  const { handler } = yield* Effect.acquireRelease(
    Effect.sync(() => HttpRouter.toWebHandler(HttpApiScalar.layer(Api, { path: "/" }), { disableLogger: true })),
    ({ dispose }) => Effect.promise(dispose)
  )
  const html = yield* Effect.promise(async () => (await handler(new Request("http://localhost/"))).text())
  return html.slice(html.indexOf("<script>") + "<script>".length, html.indexOf("</script>"))
}).pipe(Effect.scoped)

const notFound = HttpServerResponse.empty({ status: 404 })
const toDocs = Effect.succeed(HttpServerResponse.redirect("/docs", { status: 302 }))

const javascript = {
  contentType: "text/javascript; charset=utf-8",
  headers: { "cache-control": "public, max-age=31536000, immutable" }
}

/** GET /docs, its script, GET /openapi.json, and the redirect from / to /docs. All is made at the first request. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const script = yield* Effect.cached(Effect.flatMap(scalarScript, (text) => makeStaticContent(text, javascript)))
    const server = { url: (yield* Settings).PUBLIC_URL, refreshCookie: yield* refreshCookieName }
    const document = yield* Effect.cached(
      Effect.suspend(() => makeStaticContent(JSON.stringify(describeApi(server)), { contentType: "application/json" }))
    )
    // The name holds the hash, so that a script of another version is never taken for this one.
    const sendScript = Effect.flatMap(Effect.all([script, HttpRouter.params]), ([{ hash, response }, { file }]) =>
      file === `scalar-${hash}.js` ? response : Effect.succeed(notFound)
    )
    const showPage = Effect.map(script, ({ hash }) =>
      HttpServerResponse.text(page(`/docs/scalar-${hash}.js`), {
        contentType: "text/html; charset=utf-8",
        headers: { "content-security-policy": policy }
      })
    )
    return HttpRouter.addAll([
      HttpRouter.route("GET", "/", toDocs),
      HttpRouter.route("GET", "/docs", showPage),
      HttpRouter.route("GET", "/docs/:file", sendScript),
      HttpRouter.route(
        "GET",
        "/openapi.json",
        Effect.flatMap(document, ({ response }) => response)
      )
    ])
  })
)
