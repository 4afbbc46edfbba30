import { styleText } from "node:util"
import type { LogError, LogLine } from "./LogLine.ts"

type Style = Parameters<typeof styleText>[0]

const styles: Readonly<Record<LogLine["level"], Style>> = {
  trace: "gray",
  debug: "blue",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: ["red", "bold"]
}
// Control characters, line separators and reversed text.
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** A JSON line for people at a terminal: time, level, message, fields, then the error's stack. */
export const prettyLine = (json: string): string => {
  const {
    timestamp,
    level,
    message,
    service: _service,
    version: _version,
    boot: _boot,
    seq: _seq,
    error,
    ...fields
  }: LogLine = JSON.parse(json)
  const head = [
    paint("gray", timestamp.slice(11, 23)),
    paint(styles[level], level.toUpperCase().padEnd(5)),
    printable(message),
    ...Object.entries(fields).map(([name, value]) =>
      paint("gray", `${name}=${printable(typeof value === "string" ? value : JSON.stringify(value))}`)
    )
  ].join(" ")
  return error === undefined ? head : [head, ...errorLines(error)].join("\n")
}

const errorLines = ({ type, message, stack, cause }: LogError): ReadonlyArray<string> => {
  const lines = stack === undefined ? [`${type}: ${message}`] : stack.split("\n")
  const shown = lines.map((line) => paint("red", `  ${printable(line)}`))
  return cause === undefined ? shown : [...shown, paint("red", "  caused by"), ...errorLines(cause)]
}

const printable = (text: string) =>
  text.replace(unprintable, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`)

// The layer chose this format, so there is no need to check for a terminal.
const paint = (style: Style, text: string) => styleText(style, text, { validateStream: false })
