import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { descendantsOf } from "@kite/testkit/processes/Processes"

export interface Account {
  readonly email: string
  readonly headers: Readonly<Record<string, string>>
  /** Cookies of the login, by name. */
  readonly cookies: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: any
}

export const password = "up, up and away 9"

/** No response may take longer; the attack then has failed to be an attack. */
const patience = 120_000

/** An address that nobody else has: loopback is a trusted proxy, so kite takes the client's address from the header. */
const makeAddress = () => {
  let count = 0
  return () => `10.9.${++count >> 8}.${count & 255}`
}

/** The kite that is attacked, and the requests of its attackers and victims. */
export class Target {
  readonly url: string
  readonly pid: number
  readonly dataDir: string
  readonly newAddress = makeAddress()
  #accounts = 0

  constructor(kite: { readonly url: string; readonly pid: number; readonly dataDir: string }) {
    this.url = kite.url
    this.pid = kite.pid
    this.dataDir = kite.dataDir
  }

  async send(path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(this.url + path, { signal: AbortSignal.timeout(patience), ...init })
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.includes("json") === true
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    return this.send(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body)
    })
  }

  /** From a new address, unless the headers say another. */
  logIn(email: string, secret: string, headers: Readonly<Record<string, string>> = {}) {
    return this.post(
      "/api/auth/login",
      { email, password: secret },
      { "x-forwarded-for": this.newAddress(), ...headers }
    )
  }

  async enter(email: string): Promise<Account> {
    const { status, json, headers } = await this.logIn(email, password)
    if (status !== 200) throw new Error(`login: ${status}`)
    const pairs = headers.getSetCookie().map((cookie) => (cookie.split(";")[0] ?? "").split("="))
    return {
      email,
      headers: { authorization: `Bearer ${json.accessToken}` },
      cookies: Object.fromEntries(pairs.map(([name = "", ...value]) => [name, value.join("=")]))
    }
  }

  /** A new account that has logged in. */
  async signUp(): Promise<Account> {
    const email = `user${++this.#accounts}@example.org`
    const { status } = await this.post(
      "/api/auth/register",
      { email, password },
      { "x-forwarded-for": this.newAddress() }
    )
    if (status !== 201) throw new Error(`register: ${status}`)
    return this.enter(email)
  }

  /** The id of the new document. */
  async upload({ headers }: Account, content: string | Uint8Array<ArrayBuffer>, filename?: string): Promise<string> {
    const body = uploadForm(content, filename)
    const { status, text, json } = await this.send("/api/documents", { method: "POST", headers, body })
    if (status !== 201) throw new Error(`upload: ${status} ${text.slice(0, 200)}`)
    return json.id
  }

  /** The document when it is `ready` or `failed`. */
  async settled({ headers }: Account, id: string, seconds = 120): Promise<any> {
    const end = performance.now() + seconds * 1_000
    while (performance.now() < end) {
      const { json } = await this.send(`/api/documents/${id}`, { headers })
      if (json.status === "ready" || json.status === "failed") return json
      await sleep(20)
    }
    throw new Error(`a document is not read after ${seconds} s`)
  }

  /** Seconds until a file that is uploaded now is `ready`; infinite if it fails. */
  async secondsToRead(account: Account, content: string | Uint8Array<ArrayBuffer>, filename?: string) {
    const start = performance.now()
    const { status } = await this.settled(account, await this.upload(account, content, filename))
    return status === "ready" ? (performance.now() - start) / 1_000 : Number.POSITIVE_INFINITY
  }

  /** Resident bytes of kite's own process (Linux). */
  residentBytes() {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1]) * 1024
  }

  /** What this changes to at most while the work runs, sampled every 10 ms. */
  async peakDuring(sample: () => number, work: () => Promise<unknown>) {
    let peak = sample()
    const sampling = setInterval(() => {
      peak = Math.max(peak, sample())
    }, 10)
    await work().finally(() => clearInterval(sampling))
    return Math.max(peak, sample())
  }

  /** Ids of the processes that read documents. */
  extractors() {
    return descendantsOf(this.pid).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("extraction/child/main.ts")
    )
  }
}
