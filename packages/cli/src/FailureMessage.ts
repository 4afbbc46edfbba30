import { Cause, Option, Predicate } from "effect"
import { CliError } from "effect/cli"
import { ServeError } from "effect/http/HttpServerError"

const portAdvice: Readonly<Record<string, string>> = {
  EADDRINUSE: "is already in use: stop the other program or set PORT",
  EACCES: "is not allowed for this user: set PORT to 1024 or above",
  EADDRNOTAVAIL: "cannot be opened: HOST is not an address of this machine",
  ENOTFOUND: "cannot be opened: HOST is not a name that this machine can resolve"
}

/** Why the HTTP server cannot listen, by the error of `listen`. */
const serveMessage = ({ cause }: ServeError) => {
  const field = (name: string) => (Predicate.hasProperty(cause, name) ? String(cause[name]) : "")
  const [code, host] = [field("code"), field("address") || field("hostname")]
  return `Port ${field("port")} on ${host} ${portAdvice[code] ?? `cannot be opened (${code})`}`
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, " ").trim()

/**
 * What to write to stderr about a failed command: one line for an expected failure (a wrong setting, a port in use), the
 * stack as well for a defect, nothing for an interruption and for what the command line's parser has already written.
 */
export const failureMessage = (cause: Cause.Cause<unknown>): string | undefined => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (Cause.hasInterruptsOnly(cause) || CliError.isCliError(error)) return undefined
  if (error instanceof ServeError) return serveMessage(error)
  return error instanceof Error && error.message !== "" ? oneLine(error.message) : Cause.pretty(cause)
}
