import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { Effect, Schema } from "effect"

const run = promisify(execFile)

/** There is no Redis; the message says how to get one. */
export class RedisUnavailable extends Schema.TaggedError<RedisUnavailable>()("RedisUnavailable", {
  message: Schema.String
}) {}

/** How to start a Redis on this machine, and its description for the log. */
export interface RedisProgram {
  readonly kind: "program" | "docker"
  readonly source: string
}

export const command = (name: string, args: ReadonlyArray<string>, seconds: number) =>
  Effect.tryPromise({
    try: () => run(name, [...args], { timeout: seconds * 1_000 }),
    catch: (cause) => new RedisUnavailable({ message: String(cause) })
  })

const onPath = command("redis-server", ["--version"], 10)

const installed = Effect.gen(function* () {
  if (process.geteuid?.() !== 0) return yield* new RedisUnavailable({ message: "not root" })
  yield* command("apt-get", ["update", "-qq"], 180)
  yield* command("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "redis-server"], 300)
  return yield* onPath
})

const unavailable = new RedisUnavailable({
  message:
    "the tests need a real Redis and found none: set REDIS_URL, or install redis-server (apt-get install redis-server, brew install redis), or start Docker"
})

/** Finds `redis-server` on the PATH, else Docker, else installs it, as root on Debian. */
export const findRedis: Effect.Effect<RedisProgram, RedisUnavailable> = onPath.pipe(
  Effect.as({ kind: "program" as const, source: "redis-server on the PATH" }),
  Effect.catch(() =>
    Effect.as(command("docker", ["info"], 15), { kind: "docker" as const, source: "redis:8 in Docker" })
  ),
  Effect.catch(() =>
    Effect.as(installed, { kind: "program" as const, source: "redis-server, installed with apt-get just now" })
  ),
  Effect.mapError(() => unavailable)
)
