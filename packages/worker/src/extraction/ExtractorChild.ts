import type { ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect, Queue, Schema } from "effect"
import { ChildConfig, ChildReply, type ExtractionRequest, type Missing } from "./ChildProtocol.ts"
import { deliver } from "./Delivery.ts"
import { forkConfined } from "./Sandbox.ts"

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
  /** Sends a request and its bytes; never returns if the child stops reading them. */
  readonly send: (request: ExtractionRequest, path: string) => Effect.Effect<void>
  /** The parts of the sandbox that this system lacks. */
  readonly missing: Missing
  /** Jobs started. */
  jobs: number
  /** True until the last job is known to have ended. A child that stays busy can only be killed. */
  busy: boolean
  /** Its resident memory at the last look. */
  residentBytes: number
  /** Whether a page failed: what is left in its memory (Tesseract's) is not to meet the next document. */
  spoilt: boolean
}

const program = fileURLToPath(new URL("./child/main.ts", import.meta.url))
const startTimeout = "30 seconds"
const stderrLimit = 4_000

const spawn = (config: ChildConfig) =>
  forkConfined({
    program,
    argument: Schema.encodeSync(ChildConfig)(config),
    heapBytes: config.limits.maxHeapBytes,
    reads: config.languageFiles
  })

const decodeReply = Schema.decodeUnknownSync(ChildReply)

const listen = (process: ChildProcess, events: Queue.Queue<ChildEvent>) => {
  let stderr = ""
  process.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr = (stderr + chunk).slice(-stderrLimit)
  })
  // Written to after its end; the end itself is among the events.
  process.stdin?.on("error", () => {})
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
  const { stdin } = process
  if (first._tag !== "Ready" || process.pid === undefined || stdin === null) {
    return yield* Effect.die(new Error(`An extraction process did not start: ${JSON.stringify(first)}`))
  }
  const child: ExtractorChild = {
    pid: process.pid,
    exited: () => process.exitCode !== null || process.signalCode !== null,
    events,
    send: (request, path) =>
      Effect.suspend(() => {
        // A child that has ended takes nothing; its exit is among the events.
        process.send(request, () => {})
        return deliver(path, stdin)
      }),
    missing: first.missing,
    jobs: 0,
    busy: false,
    residentBytes: 0,
    spoilt: false
  }
  return child
})
