import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { connect, createServer } from "node:net"
import { setPriority } from "node:os"
import { Effect, Ref, Schedule } from "effect"
import { atExit } from "../processes/AtExit.ts"
import { temporaryDirectory } from "../processes/TemporaryDirectory.ts"
import { command, findRedis, RedisUnavailable } from "./RedisProgram.ts"

/** A Redis for one test on 127.0.0.1, which the test may freeze and kill. It stores nothing on disk: a restart begins empty. */
export interface RedisServer {
  readonly url: string
  readonly source: string
  /** Stops responding, with every connection open. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
  /** Ends at once, without closing connections. */
  readonly kill: Effect.Effect<void>
  /** After `kill`, on the same port; returns when it accepts connections. */
  readonly restart: Effect.Effect<void>
}

const freePort = Effect.callback<number>((resume) => {
  const probe = createServer()
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address()
    probe.close(() => resume(Effect.succeed(typeof address === "object" ? (address?.port ?? 0) : 0)))
  })
})

/** One PING; fails without a reply within a second. */
const ping = (port: number) =>
  Effect.callback<void, RedisUnavailable>((resume) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"))
    const fail = () => resume(new RedisUnavailable({ message: `Redis does not respond on port ${port}` }))
    socket.setTimeout(1_000, fail)
    socket.on("error", fail)
    socket.on("data", (reply) => resume(String(reply).startsWith("+PONG") ? Effect.void : Effect.sync(fail)))
    return Effect.sync(() => socket.destroy())
  })

const awaitReady = (port: number) =>
  ping(port).pipe(Effect.retry({ schedule: Schedule.spaced("20 millis"), times: 500 }), Effect.orDie)

/** As found on the PATH by findRedis. */
const program = "redis-server"

const options = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]

/** Raises the priority, since a Redis that a busy machine delays looks dead. Ignored without the permission. */
const raisePriority = (child: ChildProcess) => {
  try {
    if (child.pid !== undefined) setPriority(child.pid, -10)
  } catch {}
  return child
}

const programOn = Effect.fnUntraced(function* (port: number) {
  const directory = yield* temporaryDirectory
  const start = Effect.sync((): ChildProcess => {
    const address = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory]
    return raisePriority(spawn(program, [...address, ...options], { detached: true, stdio: "ignore" }))
  })
  const end = (child: ChildProcess) =>
    Effect.callback<void>((resume) => {
      if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
      child.once("exit", () => resume(Effect.void))
      child.kill("SIGKILL")
    })
  const current = yield* Effect.acquireRelease(Effect.flatMap(start, Ref.make), (ref) =>
    Effect.flatMap(Ref.get(ref), end)
  )
  yield* atExit(() => Ref.getUnsafe(current).kill("SIGKILL"))
  const signal = (name: NodeJS.Signals) => Effect.map(Ref.get(current), (child) => void child.kill(name))
  return {
    freeze: signal("SIGSTOP"),
    thaw: signal("SIGCONT"),
    kill: Effect.flatMap(Ref.get(current), end),
    restart: Effect.andThen(
      Effect.flatMap(start, (child) => Ref.set(current, child)),
      awaitReady(port)
    )
  }
})

const dockerOn = Effect.fnUntraced(function* (port: number) {
  const name = `kite-redis-${randomUUID()}`
  const docker = (...args: ReadonlyArray<string>) => command("docker", args, 120)
  yield* Effect.acquireRelease(
    docker("run", "--detach", "--name", name, "--publish", `127.0.0.1:${port}:6379`, "redis:8", ...options),
    () => Effect.ignore(docker("rm", "--force", name))
  )
  const run = (...args: ReadonlyArray<string>) => Effect.orDie(Effect.asVoid(docker(...args, name)))
  return {
    freeze: run("pause"),
    thaw: run("unpause"),
    kill: run("kill", "--signal", "KILL"),
    restart: Effect.andThen(run("start"), awaitReady(port))
  }
})

/** Starts a Redis that ends with the scope. */
export const startRedis = Effect.gen(function* () {
  const program = yield* findRedis
  const port = yield* freePort
  const server = yield* program.kind === "docker" ? dockerOn(port) : programOn(port)
  yield* awaitReady(port)
  return { ...server, url: `redis://127.0.0.1:${port}`, source: program.source } satisfies RedisServer
})
