import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect, Queue, Schema } from "effect"
import { ChildConfig, ChildReply, type ExtractionRequest } from "./ChildProtocol.ts"

/** How a child ended. `stderr` is the end of its standard error, for the log only. */
export interface ChildExit {
  readonly _tag: "Exited"
  readonly code: number | null
  readonly signal: string | null
  readonly stderr: string
}
export type ChildEvent = ChildReply | ChildExit

/** A forked process that reads one document at a time. */
export interface ExtractorChild {
  readonly pid: number
  readonly exited: () => boolean
  /** The replies in order, then the exit. */
  readonly events: Queue.Dequeue<ChildEvent>
  readonly send: (request: ExtractionRequest) => Effect.Effect<void>
  /** Jobs started. */
  jobs: number
  /** True until the last job is known to have ended. A child that stays busy can only be killed. */
  busy: boolean
}

const program = fileURLToPath(new URL("./child/main.ts", import.meta.url))
const startTimeout = "30 seconds"
const stderrLimit = 4_000

const spawn = (config: ChildConfig) =>
  fork(program, [Schema.encodeSync(ChildConfig)(config)], {
    // The child gets neither the parent's environment (its secrets) nor its flags; no network, writing or processes.
    env: {},
    execArgv: [
      `--max-old-space-size=${Math.floor(config.limits.maxHeapBytes / 1024 / 1024)}`,
      "--disable-warning=SecurityWarning",
      "--permission",
      "--allow-fs-read=*",
      "--allow-addons",
      "--allow-worker"
    ],
    stdio: ["ignore", "ignore", "pipe", "ipc"]
  })

const decodeReply = Schema.decodeUnknownSync(ChildReply)

const listen = (process: ChildProcess, events: Queue.Queue<ChildEvent>) => {
  let stderr = ""
  process.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr = (stderr + chunk).slice(-stderrLimit)
  })
  process.on("message", (message) => Queue.offerUnsafe(events, decodeReply(message)))
  const exit = (code: number | null, signal: string | null) =>
    Queue.offerUnsafe(events, { _tag: "Exited", code, signal, stderr })
  // "close" comes after the last line of standard error.
  process.on("close", exit)
  process.on("error", (error) => {
    stderr = error.message
    if (process.pid === undefined) exit(null, null)
  })
}

const kill = (process: ChildProcess) =>
  Effect.callback<void>((resume) => {
    if (process.pid === undefined || process.exitCode !== null || process.signalCode !== null) {
      return resume(Effect.void)
    }
    process.once("exit", () => resume(Effect.void))
    process.kill("SIGKILL")
  })

/** Forks a child, waits until it is ready and kills it with the scope. A child that does not start is a defect. */
export const forkExtractor = Effect.fnUntraced(function* (config: ChildConfig) {
  const events = yield* Queue.unbounded<ChildEvent>()
  const process = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const process = spawn(config)
      listen(process, events)
      return process
    }),
    kill
  )
  const first = yield* Queue.take(events).pipe(Effect.timeout(startTimeout), Effect.orDie)
  if (first._tag !== "Ready" || process.pid === undefined) {
    return yield* Effect.die(new Error(`An extraction process did not start: ${JSON.stringify(first)}`))
  }
  const child: ExtractorChild = {
    pid: process.pid,
    exited: () => process.exitCode !== null || process.signalCode !== null,
    events,
    // A child that has ended takes nothing; its exit is among the events.
    send: (request) => Effect.sync(() => void process.send(request, () => {})),
    jobs: 0,
    busy: false
  }
  return child
})
