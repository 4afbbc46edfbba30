import { connect, type Socket } from "node:net"
import { Redacted } from "effect"

/** The address of a connection URL: a port, or the socket file of `?host=/directory` as in libpq. */
const address = (url: URL) => {
  const host = url.searchParams.get("host") ?? url.hostname.replace(/^\[|\]$/g, "")
  const port = Number((url.searchParams.get("port") ?? url.port) || 5432)
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port, noDelay: true, keepAlive: true }
}

/**
 * Opens sockets that close after `silenceMs` without data. Nothing else bounds a statement on a server that is frozen or out
 * of reach: its statement_timeout does not run, TCP retries for a quarter of an hour, and an interruption neither ends
 * BEGIN, COMMIT and ROLLBACK nor frees a shared connection.
 */
export const openSocket = (url: Redacted.Redacted<string>, silenceMs: number) => (): Socket => {
  const socket = connect(address(new URL(Redacted.value(url))))
  socket.setTimeout(silenceMs, () => socket.destroy(new Error(`PostgreSQL was silent for ${silenceMs} ms`)))
  return socket
}
