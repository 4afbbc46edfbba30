import { lineSource } from "@kite/adapters/logging/JsonLine"
import { make } from "@kite/adapters/logging/JsonLogger"
import { LogLine } from "@kite/adapters/logging/LogLine"
import { Layer, Logger, References, Schema } from "effect"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(LogLine), { onExcessProperty: "error" })

/** A logger whose lines tests can read, as text and decoded by the schema. */
export class LogCapture {
  readonly lines: Array<string> = []
  readonly #parsed: Array<LogLine> = []

  readonly layer = Layer.merge(
    Logger.layer([make(lineSource({ service: "test", version: "1.2.3" }), (line) => this.lines.push(line))]),
    Layer.succeed(References.MinimumLogLevel, "Trace")
  )

  /** All lines so far; throws if one does not match the schema. */
  get parsed(): ReadonlyArray<LogLine> {
    for (const line of this.lines.slice(this.#parsed.length)) this.#parsed.push(decode(line))
    return this.#parsed
  }

  get last(): LogLine {
    const line = this.parsed.at(-1)
    if (line === undefined) throw new Error("Nothing was logged")
    return line
  }
}
