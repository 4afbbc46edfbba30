import { describeApi } from "@kite/domain/description/ApiDescription"
import type { Response as Declared, Header, Operation } from "@kite/domain/openapi/Specification"
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js"
import type { Answer } from "./Client.ts"

const specification = describeApi()
const { schemas, headers: headerComponents } = specification.components

// Problems are open to members of later versions; those of this version must be declared all the same.
for (const schema of Object.values(schemas)) {
  if (schema.properties?.["correlationId"] !== undefined && schema.properties["title"] !== undefined) {
    schema["additionalProperties"] = false
  }
}

const ajv = new Ajv2020({
  strict: false,
  formats: {
    uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
    email: /^[^\s@]+@[^\s@]+$/,
    "uri-reference": /^\S+$/,
    uri: /^[a-z]+:\S+$/,
    binary: true,
    password: true
  }
})
ajv.addSchema(specification, "api")

const validators = new Map<string, ValidateFunction>()
const validatorOf = (...pointer: ReadonlyArray<string>) => {
  const $ref = `api#/${pointer.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`
  const known = validators.get($ref)
  if (known !== undefined) return known
  const validator = ajv.compile({ $ref })
  validators.set($ref, validator)
  return validator
}

const routes = Object.entries(specification.paths).map(([path, operations]) => ({
  path,
  operations,
  pattern: new RegExp(`^${path.replaceAll(/[.]/g, "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`)
}))

/** The operation that a request is meant for. A method that the path does not have is described by any of its operations. */
const operationOf = (method: string, path: string): [pointer: ReadonlyArray<string>, Operation] | undefined => {
  const route = routes.find(({ pattern }) => pattern.test(path))
  if (route === undefined) return undefined
  const wanted = method === "HEAD" ? "get" : method.toLowerCase()
  const found = Object.entries(route.operations)
  const [name, operation] = found.find(([name]) => name === wanted) ?? found[0] ?? []
  return name === undefined || operation === undefined ? undefined : [["paths", route.path, name], operation]
}

const bodyFault = (
  pointer: ReadonlyArray<string>,
  content: Operation["responses"][string]["content"],
  answer: Answer
) => {
  const { text, json, headers } = answer
  if (content === undefined) return text === "" ? undefined : "has a body, which is not declared"
  const [type = ""] = (headers.get("content-type") ?? "").split(";")
  if (!(type in content)) return `has the content type ${type}, which is not declared`
  if (json === undefined) return undefined
  const fault = schemaFault([...pointer, "content", type, "schema"], json)
  return fault === undefined ? undefined : `has a body that does not match: ${fault}`
}

const headerFault = (name: string, declared: Header | { readonly $ref: string }, headers: Headers) => {
  const { required, schema = {} } = "schema" in declared ? declared : (headerComponents[name] ?? {})
  const value = headers.get(name)
  if (value === null) return required ? `lacks ${name}` : undefined
  const typed = schema.type === "integer" ? Number(value) : value
  return ajv.validate(schema, typed) ? undefined : `has ${name}: ${value}, which does not match`
}

/** A header that the document knows, and not of this response. */
const undeclaredFault = (declared: Declared["headers"] = {}, headers: Headers) => {
  const undeclared = Object.keys(headerComponents).filter((name) => headers.has(name) && !(name in declared))
  return undeclared.length === 0 ? undefined : `has ${undeclared.join(", ")}, which is not declared`
}

/** Why a value does not match the schema that the pointer leads to, if so. */
export const schemaFault = (pointer: ReadonlyArray<string>, value: unknown): string | undefined => {
  const validate = validatorOf(...pointer)
  return validate(value) ? undefined : ajv.errorsText(validate.errors)
}

/** What the OpenAPI document does not say of this response; nothing where it has no such operation. */
export const contractFault = (method: string, url: string, answer: Answer): string | undefined => {
  const [path = ""] = url.split("?")
  const found = operationOf(method, path)
  // What a browser asks before a request of another origin is no operation of its own.
  if (found === undefined || method === "OPTIONS") return undefined
  const [pointer, operation] = found
  const response = operation.responses[answer.status]
  if (response === undefined) return `${method} ${path}: ${answer.status} is not declared`
  const own = [...pointer, "responses", String(answer.status)]
  const faults = [
    ...Object.entries(response.headers ?? {}).map(([name, header]) => headerFault(name, header, answer.headers)),
    undeclaredFault(response.headers, answer.headers),
    method === "HEAD" ? undefined : bodyFault(own, response.content, answer)
  ].filter((fault) => fault !== undefined)
  return faults.length === 0 ? undefined : `${method} ${path}: ${answer.status} ${faults.join("; ")}`
}

/** Reads a response, and fails where the OpenAPI document is not true of it. */
export const readAnswer = async (method: string | undefined, url: string, response: Response): Promise<Answer> => {
  const { status, headers } = response
  const text = await response.text()
  const isJson = text !== "" && headers.get("content-type")?.includes("json") === true
  const answer: Answer = { status, headers, text, json: isJson ? JSON.parse(text) : undefined }
  const fault = contractFault(method ?? "GET", url, answer)
  if (fault !== undefined) throw new Error(`The OpenAPI document is not true: ${fault}`)
  return answer
}
