import { globSync, statSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { contentType, end } from "@kite/testkit/http/Multipart"
import type { Attack } from "./Attack.ts"
import type { Account, Target } from "./Target.ts"

const uploads = 60
const fileBytes = 24_000_000
const quotaBytes = 100_000_000
/** What each upload may send before it holds any quota. */
const freeBytes = 256 * 1024

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const block = chunk("x".repeat(100_000))

/** Sends most of a file and then neither more nor the end, as fast as the server takes it. */
const beginUpload = ({ url }: Target, { headers }: Account) => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
    .on("error", () => {})
    .resume()
  const part = `${end.slice(0, -4)}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n`
  socket.write(
    `POST /api/documents HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers["authorization"]}\r\nContent-Type: ${contentType}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(part)}`
  )
  let left = fileBytes
  const send = () => {
    while (left > 0 && !socket.destroyed) {
      left -= 100_000
      if (!socket.write(block)) return void socket.once("drain", send)
    }
  }
  send()
  return socket
}

/** Bytes of all files below the folder; a file may go while they are counted. */
const bytesIn = (folder: string) =>
  globSync("**/*", { cwd: folder }).reduce((sum, name) => {
    const stat = statSync(`${folder}/${name}`, { throwIfNoEntry: false })
    return sum + (stat?.isFile() === true ? stat.size : 0)
  }, 0)

/** Uploads that never end hold more than the account may store. */
export const unfinishedUploads: Attack = {
  name: "7 unfinished uploads",
  settings: { QUOTA_BYTES: String(quotaBytes), TRUSTED_PROXIES: "127.0.0.0/8" },
  run: async (target) => {
    const [attacker, other] = [await target.signUp(), await target.signUp()]
    const objects = `${target.dataDir}/objects`
    const sockets: Array<Socket> = []
    let held = 0
    let seconds = 0
    try {
      for (let count = 0; count < uploads; count++) sockets.push(beginUpload(target, attacker))
      for (let turn = 0; turn < 60; turn++) {
        await sleep(200)
        held = Math.max(held, bytesIn(objects))
      }
      seconds = await target.secondsToRead(other, "an upload of somebody else")
    } finally {
      for (const socket of sockets) socket.destroy()
    }
    return [
      {
        what: `${uploads} unfinished uploads hold, with a quota of 100 MB`,
        before: "1500 MB",
        now: held / 1e6,
        limit: (quotaBytes + uploads * freeBytes) / 1e6,
        unit: "MB"
      },
      { what: "another account's upload meanwhile", before: "works", now: seconds, limit: 5, unit: "s" }
    ]
  }
}
