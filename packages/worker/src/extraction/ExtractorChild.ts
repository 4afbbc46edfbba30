import type { ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect, Queue, Schema } from "effect"
import { ChildConfig, ChildReply, type ExtractionRequest, type Missing } from "./ChildProtocol.ts"
import { deliver } from "./Delivery.ts"
import { forkConfined } from "./Sandbox.ts"

/** How a child ended. Its standard error is kept short: it is for the log alone. */
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
  /** Replies in order and at last the exit. */
  readonly events: Queue.Dequeue<ChildEvent>
  /** Hands over a request and its bytes; never returns when the child stops taking them. */
  readonly send: (request: ExtractionRequest, path: string) => Effect.Effect<void>
  /** What this system does not give of the sandbox. */
  readonly missing: Missing
  /** Jobs begun. */
  jobs: number
  /** Whether the last job is not known to have ended: such a child is good for nothing but its end. */
  busy: boolean
  /** Its resident memory when it was last looked at. */
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

/** Forks a child, killed with the scope, and waits until it is warm. A child that does not start is a defect. */
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
    return yield* Effect.die(new Error(`an extraction child did not start: ${JSON.stringify(first)}`))
  }
  const child: ExtractorChild = {
    pid: process.pid,
    exited: () => process.exitCode !== null || process.signalCode !== null,
    events,
    send: (request, path) =>
      Effect.suspend(() => {
        // A child that has gone by now takes nothing; its exit follows among the events.
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
