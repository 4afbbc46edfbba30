import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { LogLine } from "@kite/adapters/logging/LogLine"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Schema } from "effect"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(LogLine), { onExcessProperty: "error" })
const password = "correct horse battery staple"
const secret = "a sentence that stands in a document alone"

interface Answer {
  readonly id: string
  readonly status: number
  readonly json: Record<string, any>
}

/** A client of a running kite that records the id and status of every response. */
class Client {
  readonly answers: Array<Answer> = []
  readonly url: string
  token = ""

  constructor(url: string) {
    this.url = url
  }

  async send(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = { ...(this.token === "" ? {} : { authorization: `Bearer ${this.token}` }), ...init.headers }
    const response = await fetch(this.url + path, { ...init, method, headers })
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.includes("json") ?? false
    const answer = {
      id: response.headers.get("x-correlation-id") ?? "",
      status: response.status,
      json: isJson ? JSON.parse(text) : {}
    }
    this.answers.push(answer)
    return answer
  }

  json(method: string, path: string, body: unknown) {
    return this.send(method, path, { body: JSON.stringify(body), headers: { "content-type": "application/json" } })
  }

  upload(name: string, content: string) {
    return this.send("POST", "/api/documents", { body: uploadForm(content, name) })
  }

  #connect(text: string) {
    const socket = connect(Number(new URL(this.url).port), "127.0.0.1")
    socket.write(text)
    return socket
  }

  /** Sends text that is not HTTP and returns the correlation id of the response. */
  async raw(text: string) {
    let received = ""
    const socket = this.#connect(text).on("data", (chunk) => {
      received += chunk
    })
    await once(socket, "close")
    return /x-correlation-id: (\S+)/i.exec(received)?.[1]
  }

  /** Sends the beginning of a request, lets the server accept it, and disconnects. */
  async leave(text: string) {
    const socket = this.#connect(text)
    await new Promise((resolve) => setTimeout(resolve, 300))
    socket.destroy()
  }
}

it.live(
  "the log describes every request and the job that it caused, and contains no secret",
  () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const kite = yield* startKite({ DATA_DIR: directory, RATE_LIMIT_AUTH_IP: "10/1m" })
      const closed = once(kite.process, "close")
      const lines = () => kite.lines.map((line) => decode(line))
      const client = new Client(kite.url)

      const story = yield* Effect.promise(async () => {
        const account = { email: "story@example.org", password }
        const registered = await client.json("POST", "/api/auth/register", account)
        const login = await client.json("POST", "/api/auth/login", account)
        client.token = login.json["accessToken"]
        const uploaded = await client.upload("story.txt", secret)
        const document = uploaded.json["id"]
        const path = `/api/documents/${document}`
        while ((await client.send("GET", path)).json["status"] !== "ready")
          await new Promise((go) => setTimeout(go, 100))
        await client.send("GET", `${path}/text`)
        await client.send("GET", `${path}/content`, { headers: { range: "bytes=0-3" } })
        await client.send("GET", `${path}/content`, { headers: { range: "bytes=999999-" } })
        await client.send("GET", "/api/documents?limit=many&token=s3cr3t-in-a-query")
        await client.send("GET", `/api/documents/${randomUUID()}`)
        await client.send("GET", "/no/such/route\u0085with%0Anewlines")
        await client.send("PUT", "/api/documents")
        await client.upload("story.exe", "MZ\u0000\u0001\u0002\u0000")
        await client.json("POST", "/api/auth/login", { ...account, password: "x".repeat(100_000) })
        rmSync(join(directory, "objects"), { recursive: true })
        await client.send("GET", `${path}/content`)
        await Promise.all(Array.from({ length: 200 }, () => client.send("GET", "/api/auth/me")))
        await client.leave(
          `POST /api/documents HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${client.token}\r\n` +
            "content-type: multipart/form-data; boundary=b\r\ncontent-length: 5000\r\n\r\n--b\r\n"
        )
        client.token = "no-such-token"
        await client.send("GET", "/api/auth/me")
        client.token = ""
        for (let guess = 0; guess < 12; guess++)
          await client.json("POST", "/api/auth/login", { ...account, password: "guess-guess-guess" })
        const malformed = await client.raw("this is no http\r\n\r\n")
        return { userId: registered.json["id"], uploaded, document, malformed }
      })

      assert.strictEqual(yield* kite.end("SIGTERM"), 0)
      yield* Effect.promise(() => closed)

      const access = lines().filter(({ event }) => event === "http_request")
      const statuses = new Set(access.map(({ status }) => status))
      assert.includeMembers([...statuses], [200, 201, 206, 400, 401, 404, 405, 413, 415, 416, 429, 503])

      // One complete access line for every response, with the correlation id that the client received.
      for (const { id, status } of client.answers) {
        const [line, ...more] = access.filter((it) => it.correlation_id === id)
        assert.strictEqual(more.length, 0, id)
        assert.strictEqual(line?.status, status, id)
        for (const name of ["client_ip", "method", "path", "latency_ms", "bytes"] as const)
          assert.isDefined(line?.[name], name)
        if (status !== 404 && status !== 405) assert.isDefined(line?.route)
      }
      assert.strictEqual(access.find((it) => it.correlation_id === story.malformed)?.status, 400)
      assert.strictEqual(access.length, client.answers.length + 2)
      assert.strictEqual(new Set(client.answers.map(({ id }) => id)).size, client.answers.length)

      assert.strictEqual(access.filter(({ aborted }) => aborted === true).length, 1)

      const mine = access.filter(({ path, status }) => path === "/api/auth/me" && status === 200)
      assert.strictEqual(mine.length, 200)
      for (const line of mine) assert.strictEqual(line.user_id, story.userId)

      const failure = access.find(({ status }) => status === 503)
      assert.strictEqual(failure?.level, "error")
      const why = lines().find(
        ({ correlation_id, error }) => correlation_id === failure?.correlation_id && error !== undefined
      )
      assert.strictEqual(why?.error?.type, "ObjectNotFound")

      // The job's lines have the correlation id of the upload.
      const jobLines = lines().filter(({ correlation_id }) => correlation_id === story.uploaded.id)
      const events = jobLines.map(({ event }) => event)
      assert.includeMembers(events, ["http_request", "job_started", "job_finished"])
      for (const line of jobLines.filter(({ event }) => event?.startsWith("job_"))) {
        assert.deepInclude(line, { document_id: story.document, user_id: story.userId })
      }

      const all = kite.lines.join("\n")
      for (const hidden of [password, secret, "s3cr3t-in-a-query", "guess-guess-guess", "no-such-token"]) {
        assert.isFalse(all.includes(hidden), hidden)
      }
    }).pipe(Effect.scoped),
  120_000
)
