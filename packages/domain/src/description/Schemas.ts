import { type JsonSchema, rewrite, type Specification } from "../openapi/Specification.ts"

const plain = (name: string) => name.replace(/Encoded$/, "")

/** What a format says besides its name. A uuid needs no pattern beside it; an e-mail address has at most 254 characters (RFC 5321). */
const byFormat: Readonly<Record<string, (schema: JsonSchema) => JsonSchema>> = {
  uuid: ({ pattern: _, ...schema }) => schema,
  email: (schema) => ({ minLength: 3, maxLength: 254, ...schema })
}

const clean = ({ "x-effect-stream": _, ...schema }: JsonSchema): JsonSchema => {
  if (typeof schema.$ref === "string") return { ...schema, $ref: plain(schema.$ref) }
  return typeof schema.format === "string" ? (byFormat[schema.format]?.(schema) ?? schema) : schema
}

/** On every problem as it is sent. */
const common: Record<string, JsonSchema> = {
  detail: { type: "string", description: "What went wrong this time, for people." },
  instance: { type: "string", description: "The path of the request." },
  correlationId: { type: "string", format: "uuid", description: "The request's id: `X-Correlation-ID`." }
}

/**
 * A problem as it is sent: complete, and open to members of later versions (RFC 9457 section 3.2). Clients tell problems apart by
 * `type`; `title` is for people and may change. Other schemas stay.
 */
const asSent = (schema: JsonSchema): JsonSchema => {
  const { properties = {}, required = [], additionalProperties: _, ...rest } = schema
  const { type, status, title, ...own } = properties
  if (type?.enum?.length !== 1 || status === undefined || title?.enum === undefined) return schema
  return {
    ...rest,
    properties: {
      type: { type: "string", const: type.enum[0] },
      title: { type: "string", examples: title.enum },
      status: { type: "integer", const: status.enum?.[0] },
      ...own,
      ...common
    },
    // A request that cannot be read as HTTP has no path.
    required: [
      ...new Set([
        "type",
        "title",
        "status",
        "correlationId",
        ...(status.enum?.[0] === 400 ? [] : ["instance"]),
        ...required
      ])
    ]
  }
}

/** Gives schemas their plain names and says of problems what is true on the wire. */
export const completeSchemas = (generated: Specification): Specification => {
  const specification = rewrite(generated, clean) as Specification
  const { schemas } = specification.components
  const complete = Object.entries(schemas).map(([name, schema]): [string, JsonSchema] => [plain(name), asSent(schema)])
  complete.sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...specification, components: { ...specification.components, schemas: Object.fromEntries(complete) } }
}
