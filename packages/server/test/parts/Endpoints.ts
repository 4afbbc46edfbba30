import { Api } from "@kite/domain/Api"
import { Authentication } from "@kite/domain/auth/Authentication"
import { HttpApi } from "effect/http-api"

export interface Endpoint {
  readonly method: string
  readonly path: string
  readonly authenticated: boolean
  /** Media type of the body it takes, none where it takes none. */
  readonly body: string | undefined
  readonly hasQuery: boolean
}

const reflect = () => {
  const found: Array<Endpoint> = []
  HttpApi.reflect(Api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, middleware }) => {
      const { method, query } = endpoint
      const path = endpoint.path === "/" ? "/" : endpoint.path.replace(/\/$/, "")
      const body = method === "GET" ? undefined : [...endpoint.payload.keys()][0]
      const authenticated = [...middleware].some(({ key }) => key === Authentication.key)
      found.push({ method, path, authenticated, body, hasQuery: query !== undefined })
    }
  })
  return found
}

/** Every endpoint of the contract, from the contract itself. */
export const endpoints: ReadonlyArray<Endpoint> = reflect()
