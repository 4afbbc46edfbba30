import { Effect, Layer, Logger, type LogLevel, References } from "effect"
import { errorField } from "./ErrorField.ts"
import { jsonLine, type LineSource, lineSource } from "./JsonLine.ts"
import type { LogLine } from "./LogLine.ts"
import * as LogSink from "./LogSink.ts"
import { prettyLine } from "./PrettyLine.ts"

export interface JsonLoggerOptions {
  /** server, worker, cli, ... */
  readonly service: string
  readonly version: string
  readonly level: Exclude<LogLine["level"], "fatal">
  /** Undefined: `pretty` on a terminal, else `json`. */
  readonly format?: "json" | "pretty" | undefined
}

const stdout = 1
const flushMillis = 50
const maxBuffered = 4 * 1024 * 1024

/** A logger that passes each event to `write` as one line of JSON. */
export const make = (source: LineSource, write: (line: string) => void): Logger.Logger<unknown, void> => {
  const line = jsonLine(source)
  return Logger.make((event) => write(line(event)))
}

/**
 * Writes every log line of this process to stdout as JSON, within 50 ms, on exit and on a crash. If nobody reads stdout, lines
 * are lost (a line `log_lines_dropped` has their number), but the process goes on.
 */
export const layer = (options: JsonLoggerOptions): Layer.Layer<never> =>
  Layer.merge(
    Logger.layer([
      Effect.gen(function* () {
        const source = lineSource(options)
        const own = ownLine(source)
        const sink = yield* LogSink.make({
          fd: stdout,
          flushMillis,
          maxBuffered,
          dropNotice: (dropped) =>
            own({
              level: "warn",
              message: "Log lines were dropped because nobody read them",
              event: "log_lines_dropped",
              dropped
            })
        })
        const pretty = options.format === "pretty" || (options.format === undefined && process.stdout.isTTY === true)
        const write = pretty ? (line: string) => sink.write(prettyLine(line)) : sink.write.bind(sink)
        yield* logCrash((error, origin) => {
          write(
            own({
              level: "fatal",
              message: "The process crashed",
              event: "crashed",
              reason: origin,
              error: errorField(error)
            })
          )
        })
        return make(source, write)
      })
    ]),
    Layer.succeed(References.MinimumLogLevel, minimumLevels[options.level])
  )

const minimumLevels: Readonly<Record<JsonLoggerOptions["level"], LogLevel.LogLevel>> = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error"
}

// A line of the logger itself, without a fiber or request.
const ownLine =
  ({ service, version, boot, nextSeq }: LineSource) =>
  (fields: Omit<LogLine, "timestamp" | "service" | "version" | "boot" | "seq">): string =>
    JSON.stringify({ timestamp: new Date().toISOString(), service, version, boot, seq: nextSeq(), ...fields })

// The monitor only observes: the process ends as it would without it, and the sink flushes on exit.
const logCrash = (log: (error: unknown, origin: string) => void) =>
  Effect.acquireRelease(
    Effect.sync(() => process.on("uncaughtExceptionMonitor", log)),
    () => Effect.sync(() => process.off("uncaughtExceptionMonitor", log))
  )
