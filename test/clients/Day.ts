import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { addTextPage, pdfOf } from "@kite/testkit/files/PdfFile"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The block of docs/clients.md in this language. */
export const blockOf = (language: string) => {
  const [, block] =
    new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "m").exec(readFileSync(`${root}docs/clients.md`, "utf8")) ??
    []
  if (block === undefined) throw new Error(`docs/clients.md has no block in ${language}`)
  return block
}

/** A program of the folder `days`. */
export const dayOf = (name: string) => readFileSync(new URL(`./days/${name}`, import.meta.url), "utf8")

/** A PDF of 8 MB whose only page says "kestrel"; the rest is an attachment of random bytes. */
export const largePdf = () =>
  pdfOf(
    (pdf) => addTextPage(pdf, ["The kestrel hovers."]),
    (pdf) => pdf.attach(randomBytes(8_000_000), "data.bin")
  )

/** What a day asks of kite, in its order; `GET /api/documents/:id` as often as it polls. */
export const requests = [
  "POST /api/auth/register 201",
  "POST /api/auth/login 200",
  "POST /api/documents 201",
  "GET /api/documents/:id 200",
  "GET /api/documents 200",
  "GET /api/documents/:id/content 200",
  "POST /api/auth/refresh 200",
  "GET /api/auth/me 200",
  "POST /api/auth/logout 204"
]

/** The requests of these log lines, without repetitions. */
export const requestsOf = (lines: ReadonlyArray<string>) =>
  lines
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === "http_request")
    .map(({ method, route, details, status }) => `${method} ${route} ${status ?? details?.status}`)
    .filter((request, index, all) => request !== all[index - 1])

/** Runs a program in this folder; its output, and its exit code (null after 200 s: Go compiles its library the first time). */
export const run = (
  [command = "", ...args]: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> }
) =>
  new Promise<{ readonly code: number | null; readonly output: string }>((resolve) => {
    const limits = { timeout: 200_000, killSignal: "SIGKILL", maxBuffer: 16 * 1024 * 1024 } as const
    const child = execFile(command, args, { ...options, ...limits }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : child.exitCode, output: `${stdout}\n${stderr}\n${error?.message ?? ""}` })
    )
  })
