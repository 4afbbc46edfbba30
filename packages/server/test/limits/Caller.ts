import { request } from "node:http"
import { Effect } from "effect"
import { LimitedServer } from "./LimitedServer.ts"

/** The address of the connection's peer: the trusted proxy, or a client without a proxy. */
export const proxy = "127.0.0.2"
export const stranger = "127.0.0.1"

export interface CallResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>> & {
    readonly ratelimit?: string
  }
  readonly body: string
}

/** One request on its own connection. `forwardedFor`: the lines of X-Forwarded-For; `filler` lines follow the first. */
export const call = (
  path: string,
  options: {
    readonly from?: string
    readonly forwardedFor?: ReadonlyArray<string>
    readonly filler?: number
    readonly token?: string
    readonly body?: string
  } = {}
) =>
  Effect.flatMap(LimitedServer, ({ port }) =>
    Effect.callback<CallResponse>((resume) => {
      const { body, filler = 0, from = stranger, forwardedFor = [], token } = options
      const lines: Array<string> = ["Host", "test", "Connection", "close"]
      for (const [index, line] of forwardedFor.entries()) {
        lines.push("X-Forwarded-For", line)
        for (let n = 0; index === 0 && n < filler; n++) lines.push("a", "")
      }
      if (token !== undefined) lines.push("Authorization", `Bearer ${token}`)
      if (body !== undefined) {
        lines.push("Content-Type", "application/json", "Content-Length", String(Buffer.byteLength(body)))
      }
      const method = body === undefined ? "GET" : "POST"
      const sent = request(
        { host: "127.0.0.1", port, path, method, localAddress: from, headers: lines },
        (response) => {
          const chunks: Array<Buffer> = []
          response.on("data", (chunk) => chunks.push(chunk))
          response.on("end", () =>
            resume(
              Effect.succeed({
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: Buffer.concat(chunks).toString()
              })
            )
          )
        }
      )
      sent.on("error", (error) => resume(Effect.die(error)))
      sent.end(body)
      return Effect.sync(() => sent.destroy())
    })
  )

/** The statuses of several calls, one after the other. */
export const statuses = (calls: ReadonlyArray<Effect.Effect<CallResponse, never, LimitedServer>>) =>
  Effect.map(Effect.all(calls), (responses) => responses.map((response) => response.status))
