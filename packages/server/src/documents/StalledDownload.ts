import { Context, Effect } from "effect"
import type { HttpServerRequest } from "effect/http"
import { nodeResponseOf } from "../observability/ResponseFacts.ts"

/** A client that takes no byte of its download for so long is dropped, in ms. */
export const DownloadPatience = Context.Reference<number>("@kite/server/documents/DownloadPatience", {
  defaultValue: () => 30_000
})

/** Node's own time-out may come only at twice its time, so the patience is counted in so many short ones. */
const steps = 10

/** Ends the response when its client stops reading: such a client would keep a file, a socket and a fiber for ever. */
export const dropWhenStalled = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.map(DownloadPatience, (millis) => {
    const response = nodeResponseOf(request)
    const step = millis / steps
    let silent = 0
    let lastLook = 0
    response?.setTimeout(step, () => {
      const now = performance.now()
      // Node says nothing of steps in which bytes were taken: a longer pause than a step means that there were some.
      silent = now - lastLook < 2 * step ? silent + 1 : 1
      lastLook = now
      if (silent >= steps) response.destroy()
      else response.socket?.setTimeout(step)
    })
  })
