import { Api } from "@kite/domain/Api"
import { Authentication } from "@kite/domain/auth/Authentication"
import { HttpApi } from "effect/http-api"

export interface Endpoint {
  readonly method: string
  /** With `:id` and similar for its parameters. */
  readonly path: string
  readonly authenticated: boolean
  /** Media type of its request body, if it has one. */
  readonly body: string | undefined
  /** The fields of that body. */
  readonly fields: ReadonlyArray<string>
  readonly query: ReadonlyArray<string>
}

/** The field names of a struct, read from its AST because a schema with checks has no `fields`. */
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

/** Every endpoint, read from the contract: tests that loop over them include new ones. */
export const endpoints: ReadonlyArray<Endpoint> = reflect()

/** The path of the endpoint with this id as each of its parameters. */
export const pathOf = ({ path }: Pick<Endpoint, "path">, id: string) => path.replace(/:\w+/g, id)
