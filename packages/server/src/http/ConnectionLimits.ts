import type { Server } from "node:http"
import type { Settings } from "@kite/adapters/settings/Settings"
import { parseIp } from "@kite/domain/network/Ip"

/**
 * Bounds the open connections: in total, and for each address that connects, so that one client cannot take them all. A trusted proxy
 * speaks for many clients and is bound by the total alone. A connection beyond a bound is closed at once.
 */
export const limitConnections = (
  server: Server,
  {
    MAX_CONNECTIONS: total,
    MAX_CONNECTIONS_PER_ADDRESS: perAddress,
    TRUSTED_PROXIES: trusted
  }: Pick<Settings["Service"], "MAX_CONNECTIONS" | "MAX_CONNECTIONS_PER_ADDRESS" | "TRUSTED_PROXIES">
) => {
  const open = new Map<string, number>()
  server.maxConnections = total
  return server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? ""
    const ip = parseIp(address)
    if (ip !== undefined && trusted.has(ip)) return
    const count = (open.get(address) ?? 0) + 1
    if (count > perAddress) {
      socket.destroy()
      return
    }
    open.set(address, count)
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1
      if (left === 0) open.delete(address)
      else open.set(address, left)
    })
  })
}
