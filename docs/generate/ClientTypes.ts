import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describeApi } from "@kite/domain/description/ApiDescription"
import type { JsonSchema, Operation } from "@kite/domain/openapi/Specification"

const root = fileURLToPath(new URL("../../", import.meta.url))
/** The file that `clientTypes` is the content of. */
export const clientTypesPath = "packages/client/src/Contract.ts"

const header = `// Written by \`npm run docs\` from the contract of the API. Do not edit.

/** What all problems (RFC 9457) have. \`correlationId\` finds the log lines of the request. */
interface ProblemMembers {
  readonly title: string
  readonly detail?: string
  readonly instance?: string
  readonly correlationId: string
}
`
const problemMembers = ["title", "detail", "instance", "correlationId"]

/** The schemas of the JSON that an endpoint takes and returns. */
const jsonSchemas = ({ requestBody, responses }: Operation) =>
  [requestBody?.content, ...Object.values(responses).map(({ content }) => content)].flatMap((content) =>
    Object.entries(content ?? {}).flatMap(([type, { schema }]) => (type.includes("json") ? [schema] : []))
  )

const namesIn = (value: unknown): ReadonlyArray<string> =>
  [...JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = ""]) => name)

const union = (types: ReadonlyArray<string>) => [...new Set(types)].join(" | ")

const typeOf = (schema: JsonSchema): string => {
  const { $ref, type, enum: values, const: value, anyOf, properties } = schema
  if ($ref !== undefined) return namesIn(schema).join()
  if (value !== undefined) return JSON.stringify(value)
  if (values !== undefined) return union(values.map((one) => JSON.stringify(one)))
  if (anyOf !== undefined) return union(anyOf.map(typeOf))
  if (type === "array") return `ReadonlyArray<${typeOf(schema["items"] as JsonSchema)}>`
  if (properties !== undefined) return membersOf(schema)
  if (type === "integer" || type === "number") return "number"
  if (type === "string" || type === "boolean" || type === "null") return type
  throw new Error(`The client's types lack a case for ${JSON.stringify(schema)}`)
}

const membersOf = ({ properties = {}, required = [] }: JsonSchema, without: ReadonlyArray<string> = []) => {
  const members = Object.entries(properties).filter(([name]) => !without.includes(name))
  const lines = members.map(([name, schema]) => {
    const key = `readonly ${JSON.stringify(name)}${required.includes(name) ? "" : "?"}`
    return `${key}: ${typeOf(schema)}${required.includes(name) ? "" : " | undefined"}`
  })
  return `{ ${lines.join("; ")} }`
}

/** The `type` of a problem; undefined for other schemas. */
const problemType = ({ properties }: JsonSchema) =>
  properties?.["correlationId"] === undefined ? undefined : properties["type"]?.const

const problem = (schema: JsonSchema) => `(ProblemMembers & ${membersOf(schema, problemMembers)})`

/**
 * TypeScript's types of all JSON that the endpoints of accounts and documents take and return, from the OpenAPI document: the
 * client's users need neither Effect nor the schemas.
 */
export const clientTypes = (): string => {
  const { components, paths } = describeApi()
  const called = Object.entries(paths).filter(([path]) => /^\/api\/(auth|documents)\b/.test(path))
  const found = new Set<string>()
  const visit = (name: string) => {
    if (found.has(name)) return
    found.add(name)
    namesIn(components.schemas[name]).forEach(visit)
  }
  namesIn(called.flatMap(([, methods]) => Object.values(methods).map(jsonSchemas))).forEach(visit)
  const schemas = [...found].sort().map((name) => [name, components.schemas[name] ?? {}] as const)
  const queryOf = (method: string): JsonSchema => {
    const parameters = paths["/api/documents"]?.[method]?.parameters ?? []
    const query = parameters.filter((parameter) => parameter.in === "query")
    return { properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema])) }
  }
  const text = [
    header,
    `/** All problems that these endpoints return, told apart by \`type\`. */
export type Problem = ${union(schemas.flatMap(([, schema]) => (problemType(schema) ? [problem(schema)] : [])))}`,
    `/** The query of a list. */\nexport interface ListQuery ${membersOf(queryOf("get"))}`,
    `/** The query of an upload. */\nexport interface UploadQuery ${membersOf(queryOf("post"))}`,
    ...schemas
      .filter(([, { properties = {} }]) => properties["correlationId"] === undefined)
      .map(([name, schema]) => `export interface ${name} ${membersOf(schema)}`)
  ].join("\n\n")
  const biome = `${root}node_modules/@biomejs/biome/bin/biome`
  const fix = ["check", "--write", `--stdin-file-path=${clientTypesPath}`]
  return execFileSync(process.execPath, [biome, ...fix], { input: text, encoding: "utf8", cwd: root })
}
