import type { Attack } from "./Attack.ts"
import type { Account, Target } from "./Target.ts"

const MiB = 1024 * 1024
const readers = 30
const line = "a line of text that is forty bytes long\n"

/** The ways to ask for the text of a document: as pages, and whole as a stream. */
const requests = [
  { path: "/text", accept: "application/json" },
  { path: "/text?page=1&limit=100", accept: "application/json" },
  { path: "/text", accept: "text/plain" }
]

/** Bytes of the largest response; reads each as a stream, so that the attacker needs no memory. */
const largestResponse = async (target: Target, { headers }: Account, id: string) => {
  let largest = 0
  for (const { path, accept } of requests) {
    const response = await fetch(`${target.url}/api/documents/${id}${path}`, { headers: { ...headers, accept } })
    let bytes = 0
    for await (const chunk of response.body ?? []) bytes += chunk.length
    largest = Math.max(largest, bytes)
  }
  return largest
}

/** Many readers of a large text at once. */
export const textReads: Attack = {
  name: "5 text reads",
  settings: { RATE_LIMIT_IP: "100000/1m" },
  run: async (target) => {
    const [attacker, victim] = [await target.signUp(), await target.signUp()]
    const escapes = await target.upload(attacker, `x${"\u001b".repeat(10 * MiB)}`)
    const long = await target.upload(attacker, line.repeat((8 * MiB) / line.length))
    await target.settled(attacker, escapes, 300)
    await target.settled(attacker, long, 300)
    const largest = await largestResponse(target, attacker, escapes)
    await largestResponse(target, attacker, long)

    let slowest = 0
    let reading = true
    const watch = async () => {
      while (reading) {
        const start = performance.now()
        await target.send("/api/documents", { headers: victim.headers })
        slowest = Math.max(slowest, performance.now() - start)
      }
    }
    const before = target.residentBytes()
    const peak = await target.peakDuring(
      () => target.residentBytes(),
      async () => {
        const watching = watch()
        await Promise.all(Array.from({ length: readers }, () => largestResponse(target, attacker, long)))
        reading = false
        await watching
      }
    )
    return [
      { what: "response for the text of 10 MiB of ESC", before: "126 MB", now: largest / 1e6, limit: 11, unit: "MB" },
      {
        what: `memory for ${readers} readers of 8 MiB`,
        before: "4850 MB in all with 88",
        now: (peak - before) / MiB,
        limit: 200,
        unit: "MiB"
      },
      { what: "slowest request of another account meanwhile", before: "47 s", now: slowest / 1e3, limit: 2, unit: "s" }
    ]
  }
}
