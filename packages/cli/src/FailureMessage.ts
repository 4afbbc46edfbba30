import { MetricsUnavailable } from "@kite/server/observability/MetricsListener"
import { Cause, Option, Predicate } from "effect"
import { CliError } from "effect/cli"
import { ServeError } from "effect/http/HttpServerError"

/** What to do, by the error of `listen`; `prefix` is that of the two settings. */
const portAdvice = (prefix: "" | "METRICS_"): Readonly<Record<string, string>> => ({
  EADDRINUSE: `is already in use: stop the other program or set ${prefix}PORT`,
  EACCES: `is not allowed for this user: set ${prefix}PORT to 1024 or above`,
  EADDRNOTAVAIL: `cannot be opened: ${prefix}HOST is not an address of this machine`,
  ENOTFOUND: `cannot be opened: ${prefix}HOST is not a name that this machine can resolve`
})

/** Why a server cannot listen. */
const serveMessage = ({ cause }: ServeError, prefix: "" | "METRICS_") => {
  const field = (name: string) => (Predicate.hasProperty(cause, name) ? String(cause[name]) : "")
  const [code, host] = [field("code"), field("address") || field("hostname")]
  return `Port ${field("port")} on ${host} ${portAdvice(prefix)[code] ?? `cannot be opened (${code})`}`
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, " ").trim()

/**
 * What to write to stderr about a failed command: one line for an expected failure (a wrong setting, a port in use), the
 * stack as well for a defect, nothing for an interruption and for what the command line's parser has already written.
 */
export const failureMessage = (cause: Cause.Cause<unknown>): string | undefined => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (Cause.hasInterruptsOnly(cause) || CliError.isCliError(error)) return undefined
  if (error instanceof ServeError) return serveMessage(error, "")
  if (error instanceof MetricsUnavailable) return serveMessage(error.cause, "METRICS_")
  return error instanceof Error && error.message !== "" ? oneLine(error.message) : Cause.pretty(cause)
}
