import type { JsonSchema, MediaType } from "../openapi/Specification.ts"
import { examples, problemMembers } from "./Examples.ts"

type Schemas = Readonly<Record<string, JsonSchema>>

const nameOf = ({ $ref = "" }: JsonSchema) => $ref.split("/").at(-1) ?? ""

/** None where the schema is no problem of one type. */
const problemExample = ({ properties = {} }: JsonSchema, instance: string) => {
  const { type, title, status } = properties
  if (type?.const === undefined || title === undefined || status === undefined) return undefined
  return {
    type: type.const,
    title: title.examples?.[0],
    status: status.const,
    instance,
    correlationId: "5e0f4a0e-3f0c-4d1b-9f6e-2f7a1c9d8b3a",
    ...Object.fromEntries(Object.entries(problemMembers).filter(([name]) => name in properties))
  }
}

/** The media type with an example of each problem it may be, or else of its schema. */
export const withExamples = (mediaType: MediaType, schemas: Schemas, path: string): MediaType => {
  if (mediaType.example !== undefined) return mediaType
  const { schema } = mediaType
  const problems = (schema.anyOf ?? [schema]).map(nameOf).flatMap((name) => {
    const value = problemExample(schemas[name] ?? {}, path)
    return value === undefined ? [] : [[name, { value }] as const]
  })
  if (problems.length > 0) return { ...mediaType, examples: Object.fromEntries(problems) }
  const example = examples[nameOf(schema)]
  return example === undefined ? mediaType : { ...mediaType, example }
}
