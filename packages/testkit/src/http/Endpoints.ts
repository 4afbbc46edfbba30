import { Api } from "@kite/domain/Api"
import { Authentication } from "@kite/domain/auth/Authentication"
import { HttpApi } from "effect/http-api"

export interface Endpoint {
  readonly method: string
  /** With `:id` and the like where its parameters are. */
  readonly path: string
  readonly authenticated: boolean
  /** Media type of the body it takes, none where it takes none. */
  readonly body: string | undefined
  /** The members of that body. */
  readonly fields: ReadonlyArray<string>
  readonly query: ReadonlyArray<string>
}

/** The names of a struct's members; a checked or transported schema has no `fields`, its AST always has its signatures. */
const fieldsOf = (schema: unknown): ReadonlyArray<string> => {
  const { ast } = (schema ?? {}) as { readonly ast?: { readonly propertySignatures?: ReadonlyArray<{ name: string }> } }
  return (ast?.propertySignatures ?? []).map(({ name }) => name)
}

const reflect = () => {
  const found: Array<Endpoint> = []
  HttpApi.reflect(Api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, middleware }) => {
      const { method, query } = endpoint
      const path = endpoint.path === "/" ? "/" : endpoint.path.replace(/\/$/, "")
      const authenticated = [...middleware].some(({ key }) => key === Authentication.key)
      const [body, payload] = method === "GET" ? [] : ([...endpoint.payload][0] ?? [])
      found.push({ method, path, authenticated, body, fields: fieldsOf(payload?.schemas[0]), query: fieldsOf(query) })
    }
  })
  return found
}

/** Every endpoint of the contract, from the contract itself: what loops over them cannot forget a new one. */
export const endpoints: ReadonlyArray<Endpoint> = reflect()

/** A path of the endpoint with this id for each of its parameters. */
export const pathOf = ({ path }: Pick<Endpoint, "path">, id: string) => path.replace(/:\w+/g, id)
