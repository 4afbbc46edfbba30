import assert from "node:assert/strict"
import createClient from "openapi-fetch"
import type { paths } from "./schema.ts"

const [baseUrl = "", email = "", password = ""] = process.argv.slice(2)
const client = createClient<paths>({ baseUrl })

const registered = await client.POST("/api/auth/register", { body: { email, password } })
assert.equal(registered.response.status, 201)
const { data: session } = await client.POST("/api/auth/login", { body: { email, password } })
client.use({
  onRequest: ({ request }) => request.headers.set("authorization", `Bearer ${session?.accessToken}`)
})

const content = new Uint8Array([...new TextEncoder().encode("%PDF-1.7\n"), 0, 255, 254, 13, 10])
const uploaded = await client.POST("/api/documents", {
  // openapi-typescript has no type of its own for binary strings.
  body: { file: new Blob([content]) as unknown as string, filename: "report.pdf" },
  bodySerializer: (body) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(body ?? {})) form.append(name, value)
    return form
  }
})
assert.equal(uploaded.response.status, 201)
const id = uploaded.data?.id ?? ""

const listed = await client.GET("/api/documents", { params: { query: { limit: 10, sort: "-createdAt" } } })
assert.deepEqual(
  listed.data?.items.map((document) => [document.id, document.filename, document.contentType]),
  [[id, "report.pdf", "application/pdf"]]
)

const params = { path: { id } }
const downloaded = await client.GET("/api/documents/{id}/content", { params, parseAs: "arrayBuffer" })
assert.deepEqual(new Uint8Array(downloaded.data ?? new ArrayBuffer()), content)

const missing = await client.GET("/api/documents/{id}", { params: { path: { id: registered.data?.id ?? "" } } })
assert.equal(missing.error?.type, "urn:kite:problem:not-found")
