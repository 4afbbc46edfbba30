import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"

/** Sets a header of the response to the current request, whatever it will be. */
export const setHeader = (name: string, value: string) =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, name, value))
  )
