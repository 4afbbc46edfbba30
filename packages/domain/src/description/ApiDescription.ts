import { Context } from "effect"
import { HttpApi, OpenApi } from "effect/http-api"
import { Api } from "../Api.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { headers } from "../openapi/Headers.ts"
import type { JsonSchema, MediaType, Operation, Specification } from "../openapi/Specification.ts"
import { withExamples } from "./MediaTypes.ts"
import { completeParameter, exampleId } from "./Parameters.ts"
import { anyProblem, completeResponses } from "./Responses.ts"
import { completeSchemas } from "./Schemas.ts"

/** What differs from server to server. */
interface Server {
  /** Where clients reach it; relative by default. */
  readonly url?: string | undefined
  /** Name of the refresh cookie. */
  readonly refreshCookie?: string
}

/** The ids of the operations that no rate limit applies to. */
const unlimited = () => {
  const found = new Set<string>()
  HttpApi.reflect(Api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, group, mergedAnnotations }) => {
      if (Context.get(mergedAnnotations, RateLimitPolicies).length === 0) {
        found.add(`${group.identifier}.${endpoint.identifier}`)
      }
    }
  })
  return found
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A, key: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value, key)]))

const makeComplete = (schemas: Readonly<Record<string, JsonSchema>>) => {
  const exempt = unlimited()
  return (operation: Operation, path: string): Operation => {
    const example = (mediaType: MediaType) => withExamples(mediaType, schemas, path.replace("{id}", exampleId))
    const { requestBody, parameters, operationId } = operation
    return {
      ...operation,
      parameters: parameters.map(completeParameter),
      ...(requestBody && { requestBody: { ...requestBody, content: mapValues(requestBody.content, example) } }),
      responses: mapValues(completeResponses(operation, !exempt.has(operationId)), ({ content, ...response }) => ({
        ...response,
        ...(content && { content: mapValues(content, example) })
      }))
    }
  }
}

const cookieScheme = (name: string) => ({
  type: "apiKey",
  in: "cookie",
  name,
  description:
    "The refresh token. Login and refresh set it (httpOnly, SameSite=Strict); each refresh replaces it. Endpoints that read it also check `Origin`."
})

/**
 * The OpenAPI 3.1 document of the contract: what effect generates, completed by everything that clients can meet: every status
 * with its headers, examples, and how to authenticate.
 */
export const describeApi = ({ url = "/", refreshCookie = "__Host-kite_refresh" }: Server = {}): Specification => {
  const { components, paths, ...specification } = completeSchemas(OpenApi.fromApi(Api) as unknown as Specification)
  const schemas = { ...components.schemas, Problem: anyProblem }
  const complete = makeComplete(schemas)
  return {
    ...specification,
    servers: [{ url }],
    paths: mapValues(paths, (item, path) => mapValues(item, (operation) => complete(operation, path))),
    components: {
      schemas,
      headers,
      securitySchemes: { ...components.securitySchemes, refreshCookie: cookieScheme(refreshCookie) }
    }
  }
}
