import { openAsBlob } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { FormData, request } from "undici"

const { KITE: kite, EMAIL: email, PASSWORD: password, FILE: file } = process.env
const headers = { origin: kite }

const call = async (method, path, body) => {
  const isForm = body instanceof FormData
  const {
    statusCode,
    headers: received,
    body: content
  } = await request(kite + path, {
    method,
    headers: body === undefined || isForm ? headers : { ...headers, "content-type": "application/json" },
    body: body === undefined || isForm ? body : JSON.stringify(body)
  })
  const bytes = Buffer.from(await content.arrayBuffer())
  if (statusCode >= 400) throw new Error(bytes.toString())
  const cookies = [received["set-cookie"] ?? []].flat().find((line) => line.includes("refresh="))
  if (cookies !== undefined) headers.cookie = cookies.split(";")[0]
  return received["content-type"]?.startsWith("application/json") ? JSON.parse(bytes.toString()) : bytes
}
const authorize = ({ accessToken }) => {
  headers.authorization = `Bearer ${accessToken}`
}

await call("POST", "/api/auth/register", { email, password })
authorize(await call("POST", "/api/auth/login", { email, password }))
const form = new FormData()
form.append("file", await openAsBlob(file), "report.pdf")
let document = await call("POST", "/api/documents", form)
while (document.status === "pending" || document.status === "processing") {
  await new Promise((resolve) => setTimeout(resolve, 500))
  document = await call("GET", `/api/documents/${document.id}`)
}
if (document.status !== "ready") throw new Error(document.failure.message)
const { items } = await call("GET", "/api/documents?q=kestrel")
if (items[0].id !== document.id) throw new Error("The document is not found")
const copy = await call("GET", `/api/documents/${document.id}/content`)
if (!copy.equals(await readFile(file))) throw new Error("The copy differs")
await writeFile("copy.pdf", copy)
authorize(await call("POST", "/api/auth/refresh"))
await call("GET", "/api/auth/me")
await call("POST", "/api/auth/logout")
