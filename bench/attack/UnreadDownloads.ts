import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import type { Attack } from "./Attack.ts"
import type { Account, Target } from "./Target.ts"

const downloads = 60
const connections = 400
const contentBytes = 24_000_000
/** The time after which kite drops a client that takes no byte, and some for a busy machine. */
const waitMillis = 38_000

const open = ({ url }: Target) => {
  const { hostname, port } = new URL(url)
  return connect(Number(port), hostname).on("error", () => {})
}

/** Asks for the content and never reads it. */
const beginDownload = (target: Target, { headers }: Account, id: string) => {
  const socket = open(target).pause()
  socket.write(
    `GET /api/documents/${id}/content HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: ${headers["authorization"]}\r\n\r\n`
  )
  return socket
}

const stillOpen = (sockets: ReadonlyArray<Socket>) => sockets.filter(({ destroyed }) => !destroyed)

/** Reads at last, and waits for the ends: how many were not dropped, so that the whole content comes after all. */
const countServed = async (sockets: ReadonlyArray<Socket>) => {
  for (const socket of sockets) socket.resume()
  for (let turn = 0; turn < 200 && stillOpen(sockets).length > 0; turn++) await sleep(100)
  return sockets.filter(({ destroyed, bytesRead }) => !destroyed || bytesRead > contentBytes).length
}

/** Clients that take up connections and never read. */
export const unreadDownloads: Attack = {
  name: "8 unread downloads",
  settings: { TRUSTED_PROXIES: "none", RATE_LIMIT_AUTH_IP: "1000/1m" },
  run: async (target) => {
    const account = await target.signUp()
    const id = await target.upload(account, "a line of text\n".repeat(contentBytes / 15))
    const sockets: Array<Socket> = []
    try {
      for (let count = 0; count < downloads; count++) sockets.push(beginDownload(target, account, id))
      await sleep(waitMillis)
      const unread = sockets.splice(0)
      const served = await countServed(unread)
      for (const socket of unread) socket.destroy()
      for (let count = 0; count < connections; count++) sockets.push(open(target).resume())
      await sleep(2_000)
      const kept = stillOpen(sockets).length
      return [
        {
          what: `downloads that go on after ${waitMillis / 1e3} s without a byte taken`,
          before: "all, for ever",
          now: served,
          limit: 0,
          unit: `of ${downloads}`
        },
        {
          what: "connections of one address",
          before: "all",
          now: kept,
          limit: 200,
          unit: `of ${connections}`
        }
      ]
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  }
}
