/** The parts of an OpenAPI 3.1 document that kite completes. */

export interface JsonSchema {
  $ref?: string
  type?: string
  format?: string
  pattern?: string
  const?: unknown
  enum?: ReadonlyArray<unknown>
  examples?: ReadonlyArray<unknown>
  anyOf?: ReadonlyArray<JsonSchema>
  properties?: Record<string, JsonSchema>
  required?: ReadonlyArray<string>
  [keyword: string]: unknown
}

export interface Header {
  readonly description: string
  readonly required: boolean
  readonly schema: JsonSchema
  readonly example: unknown
}

export interface MediaType {
  schema: JsonSchema
  example?: unknown
  examples?: Record<string, { readonly value: unknown }>
}

export interface Response {
  description: string
  headers?: Record<string, { readonly $ref: string } | Header>
  content?: Record<string, MediaType>
}

export interface Parameter {
  name: string
  in: "query" | "header" | "path" | "cookie"
  required?: boolean
  description?: string
  schema: JsonSchema
  example?: unknown
}

export interface Operation {
  operationId: string
  tags: ReadonlyArray<string>
  summary?: string
  description?: string
  parameters: Array<Parameter>
  security: ReadonlyArray<Record<string, ReadonlyArray<string>>>
  requestBody?: { required: boolean; content: Record<string, MediaType> }
  responses: Record<string, Response>
}

export interface Specification {
  openapi: string
  info: Record<string, unknown>
  servers?: ReadonlyArray<{ readonly url: string; readonly description?: string }>
  tags: ReadonlyArray<{ readonly name: string; readonly description?: string }>
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, JsonSchema>
    headers: Record<string, Header>
    securitySchemes: Record<string, Record<string, unknown>>
  }
}

export const problemContentType = "application/problem+json"

/** Rebuilds plain data, from the inside out. */
export const rewrite = (value: unknown, change: (object: JsonSchema) => JsonSchema): unknown => {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, change))
  if (typeof value !== "object" || value === null) return value
  return change(Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rewrite(member, change)])))
}

export const operationsOf = ({ paths }: Specification): ReadonlyArray<Operation> =>
  Object.values(paths).flatMap(Object.values)
