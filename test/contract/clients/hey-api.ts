import assert from "node:assert/strict"
import { client } from "./hey-api/client.gen.ts"
import {
  authLogin,
  authRegister,
  documentsContent,
  documentsGet,
  documentsList,
  documentsUpload
} from "./hey-api/sdk.gen.ts"

const [baseUrl = "", email = "", password = ""] = process.argv.slice(2)
client.setConfig({ baseUrl })

const registered = await authRegister({ body: { email, password } })
assert.equal(registered.response?.status, 201)
const { data: session } = await authLogin({ body: { email, password } })
client.setConfig({ baseUrl, auth: session?.accessToken ?? "" })

const content = new Uint8Array([...new TextEncoder().encode("%PDF-1.7\n"), 0, 255, 254, 13, 10])
const uploaded = await documentsUpload({ body: { file: new File([content], "report.pdf") } })
assert.equal(uploaded.response?.status, 201)
const id = uploaded.data?.id ?? ""

const listed = await documentsList({ query: { limit: 10, sort: "-createdAt" } })
assert.deepEqual(
  listed.data?.items.map((document) => [document.id, document.filename, document.contentType]),
  [[id, "report.pdf", "application/pdf"]]
)

const downloaded = await documentsContent({ path: { id } })
assert.deepEqual(new Uint8Array((await downloaded.data?.arrayBuffer()) ?? new ArrayBuffer()), content)

const missing = await documentsGet({ path: { id: registered.data?.id ?? "" } })
assert.equal(missing.error?.type, "urn:kite:problem:not-found")
