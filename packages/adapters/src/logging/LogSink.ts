import * as fs from "node:fs"
import { Effect } from "effect"

/** Writes log lines: `write` takes one line without its newline and never blocks, throws or waits. */
export interface LogSink {
  readonly write: (line: string) => void
  /** Writes the buffer before it returns, for at most `millis` milliseconds. */
  readonly flushSync: (millis: number) => void
}

export interface LogSinkOptions {
  /** File descriptor; 1 is stdout. */
  readonly fd: number
  /** Milliseconds that a line waits at most: a SIGKILL loses no more. */
  readonly flushMillis: number
  /** Characters that are buffered at most while nobody reads; further lines are dropped and counted. */
  readonly maxBuffered: number
  /** The line that reports the number of dropped lines. */
  readonly dropNotice: (dropped: number) => string
}

// A buffer of this size is written at once.
const writeAt = 16 * 1024
const retryMillis = 5
const maxRetryMillis = 80
// Errors after which nobody will read again, unlike a full disk.
const goneForGood = new Set(["EPIPE", "EBADF", "ECONNRESET", "ENOTCONN"])
const sleeper = new Int32Array(new SharedArrayBuffer(4))

/**
 * Writes to a pipe without blocking and retries when it is full, so that a reader that stops costs lines and never hangs the
 * process: a blocking write, even on another thread, would block `process.exit` while nobody reads.
 */
class BufferedSink implements LogSink {
  readonly #options: LogSinkOptions
  #pending = ""
  // The chunk being written; the system may accept only a part of it.
  #chunk: Buffer | undefined
  #timer: NodeJS.Timeout | undefined
  #retry = retryMillis
  #stalled = false
  #dropped = 0
  // Nobody will read again.
  #gone = false
  #unbuffered = false

  constructor(options: LogSinkOptions) {
    this.#options = options
  }

  write(line: string): void {
    if (this.#gone) return
    if (this.#pending.length + line.length > this.#options.maxBuffered) {
      this.#dropped++
      return
    }
    this.#pending += `${line}\n`
    if (this.#stalled) return
    if (this.#unbuffered || this.#pending.length >= writeAt) this.#drain()
    else if (this.#timer === undefined) this.#schedule(this.#options.flushMillis)
  }

  flushSync(millis: number): void {
    const deadline = performance.now() + millis
    this.#drain()
    while (this.#stalled && performance.now() < deadline) {
      Atomics.wait(sleeper, 0, 0, retryMillis)
      this.#drain()
    }
  }

  /** Later lines are written at once if possible. */
  close(millis: number): void {
    this.flushSync(millis)
    this.#unbuffered = true
  }

  #schedule(millis: number): void {
    // A process writes its last lines when it exits, so this timer must not keep it alive.
    this.#timer = setTimeout(() => this.#drain(), millis).unref()
  }

  #drain(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#stalled = false
    while (this.#take()) if (!this.#writeChunk()) return
    this.#retry = retryMillis
  }

  #take(): boolean {
    if (this.#chunk !== undefined) return true
    if (this.#dropped > 0) {
      this.#pending += `${this.#options.dropNotice(this.#dropped)}\n`
      this.#dropped = 0
    }
    if (this.#pending === "") return false
    this.#chunk = Buffer.from(this.#pending)
    this.#pending = ""
    return true
  }

  /** False if the rest must wait. */
  #writeChunk(): boolean {
    const chunk = this.#chunk
    if (chunk === undefined) return true
    try {
      const written = fs.writeSync(this.#options.fd, chunk)
      this.#chunk = written < chunk.length ? chunk.subarray(written) : undefined
      return true
    } catch (error) {
      this.#onError(error)
      return false
    }
  }

  #onError(error: unknown): void {
    if (error instanceof Error && "code" in error && goneForGood.has(String(error.code))) {
      this.#gone = true
      this.#pending = ""
      this.#chunk = undefined
      return
    }
    this.#stalled = true
    this.#schedule(this.#retry)
    this.#retry = Math.min(this.#retry * 2, maxRetryMillis)
  }
}

// The getter sets a pipe to O_NONBLOCK, as in every Node process that prints. The sink handles its errors.
const openStandardStream = (fd: number): void => {
  const stream = fd === 1 ? process.stdout : fd === 2 ? process.stderr : undefined
  if (stream?.listeners("error").includes(ignore) === false) stream.on("error", ignore)
}
const ignore = () => {}

/** A sink that flushes when its scope closes and when the process exits, also by a crash. */
export const make = Effect.fnUntraced(function* (options: LogSinkOptions) {
  return yield* Effect.acquireRelease(
    Effect.sync(() => {
      openStandardStream(options.fd)
      const sink = new BufferedSink(options)
      const onExit = () => sink.flushSync(exitMillis)
      process.on("exit", onExit)
      return { sink, onExit }
    }),
    ({ sink, onExit }) =>
      Effect.sync(() => {
        process.off("exit", onExit)
        sink.close(exitMillis)
      })
  ).pipe(Effect.map(({ sink }): LogSink => sink))
})

const exitMillis = 1_000
