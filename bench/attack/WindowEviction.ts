import { once } from "node:events"
import { connect } from "node:net"
import type { Attack } from "./Attack.ts"
import type { Target } from "./Target.ts"

const floodMillis = 18_000
const connections = 10
/** Requests that a connection sends before it waits for their responses. */
const batch = 20

/** Costs the address a unit and the server little: it is refused before a password is checked. */
const requestFrom = (address: string) =>
  `POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Forwarded-For: ${address}\r\nContent-Length: 2\r\n\r\n{}`

/** Sends a request from each of the addresses on one connection; returns the statuses. */
const makeSend = ({ url }: Target) => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setEncoding("latin1")
  const send = async (addresses: ReadonlyArray<string>) => {
    let received = ""
    socket.write(addresses.map(requestFrom).join(""))
    for (;;) {
      received += await once(socket, "data", { signal: AbortSignal.timeout(30_000) })
      const statuses = Array.from(received.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status))
      // The last body is complete: it is an object, and so ends with a brace.
      if (statuses.length === addresses.length && received.endsWith("}")) return statuses
    }
  }
  return { send, close: () => socket.destroy() }
}

/** A client with a whole /48 of IPv6, each request from a /64 of its own. */
export const windowEviction: Attack = {
  name: "11 window eviction",
  settings: {},
  run: async (target) => {
    const victim = "203.0.113.7"
    const own = makeSend(target)
    const full = await own.send(Array.from({ length: 11 }, () => victim))
    if (full.at(-1) !== 429) throw new Error("the victim's window is not full")
    let next = 0
    let admitted = 0
    const end = performance.now() + floodMillis
    const flood = async () => {
      const { send, close } = makeSend(target)
      while (performance.now() < end) {
        const statuses = await send(
          Array.from({ length: batch }, () => `2001:db8:7:${(next++ % 65_536).toString(16)}::1`)
        )
        admitted += statuses.filter((status) => status !== 429).length
      }
      close()
    }
    await Promise.all(Array.from({ length: connections }, flood))
    const [again] = await own.send([victim])
    own.close()
    return [
      {
        what: `full windows evicted by ${next} requests of a /48 in ${floodMillis / 1e3} s`,
        before: "1 of 1",
        now: again === 429 ? 0 : 1,
        limit: 0,
        unit: "of 1"
      },
      { what: "of them admitted", before: "all", now: admitted, limit: 160, unit: `of ${next}` }
    ]
  }
}
