import { openAsBlob } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import axios from "axios"

const { KITE: kite, EMAIL: email, PASSWORD: password, FILE: file } = process.env
const client = axios.create({
  baseURL: kite,
  headers: { Origin: kite },
  timeout: 60_000,
  maxBodyLength: 64 * 1024 * 1024
})

const authorize = ({ data, headers }) => {
  client.defaults.headers.common.Authorization = `Bearer ${data.accessToken}`
  client.defaults.headers.common.Cookie = headers["set-cookie"].find((line) => line.includes("refresh=")).split(";")[0]
}

await client.post("/api/auth/register", { email, password })
authorize(await client.post("/api/auth/login", { email, password }))
const form = new FormData()
form.append("file", await openAsBlob(file), "report.pdf")
let { data: document } = await client.post("/api/documents", form)
while (document.status === "pending" || document.status === "processing") {
  await new Promise((resolve) => setTimeout(resolve, 500))
  document = (await client.get(`/api/documents/${document.id}`)).data
}
if (document.status !== "ready") throw new Error(document.failure.message)
const found = await client.get("/api/documents", { params: { q: "kestrel" } })
if (found.data.items[0].id !== document.id) throw new Error("The document is not found")
const { data: copy } = await client.get(`/api/documents/${document.id}/content`, { responseType: "arraybuffer" })
if (!copy.equals(await readFile(file))) throw new Error("The copy differs")
await writeFile("copy.pdf", copy)
authorize(await client.post("/api/auth/refresh"))
await client.get("/api/auth/me")
await client.post("/api/auth/logout")
