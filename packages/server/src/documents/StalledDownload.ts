import { Context, Effect } from "effect"
import type { HttpServerRequest } from "effect/http"
import { nodeResponseOf } from "../observability/ResponseFacts.ts"

/** A client that takes no byte of its download for so long is dropped, in ms. */
export const DownloadPatience = Context.Reference<number>("@kite/server/documents/DownloadPatience", {
  defaultValue: () => 30_000
})

/** Ends the response when its client stops reading: such a client would keep a file, a socket and a fiber for ever. */
export const dropWhenStalled = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.map(DownloadPatience, (millis) => {
    const response = nodeResponseOf(request)
    response?.setTimeout(millis, () => response.destroy())
  })
