import type { Header, Operation, Response } from "../openapi/Specification.ts"

const etag = '"0199e5f0-6d1c-7c3a-9a53-0b1f6a1e7f10.1.json"'

const validators: Record<string, Header> = {
  ETag: {
    description: "Changes when the text is extracted again. JSON and plain text have different ones.",
    required: true,
    schema: { type: "string" },
    example: etag
  },
  Vary: {
    description: "`Accept` chooses between JSON and plain text.",
    required: true,
    schema: { type: "string" },
    example: "Accept"
  }
}

const parameter = {
  name: "If-None-Match",
  in: "header" as const,
  required: false,
  description: "304 if the text still has one of these ETags.",
  schema: { type: "string" },
  example: etag
}

const withValidators = (response: Response): Response => ({
  ...response,
  headers: { ...response.headers, ...validators }
})

/** What the text's schema does not say: the text as `text/plain`, and revalidation. */
export const describeText = (operation: Operation): Operation => {
  const { 200: pages, ...responses } = operation.responses
  const plain = { "text/plain": { schema: { type: "string" }, example: "Annual report" } }
  return {
    ...operation,
    parameters: [...operation.parameters, parameter],
    responses: {
      ...responses,
      ...(pages && { 200: withValidators({ ...pages, content: { ...pages.content, ...plain } }) }),
      304: withValidators({ description: "The text has not changed; no body" })
    }
  }
}
