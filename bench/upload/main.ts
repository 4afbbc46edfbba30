import { randomFillSync } from "node:crypto"
import { readFileSync } from "node:fs"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"

const uploads = 20
const sizeBytes = 25 * 1024 * 1024
const rounds = 3
const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`

/** Resident bytes of a process (Linux). */
const residentBytes = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024

/** Starts like a PNG and continues with noise, so that the worker refuses it at once. */
const file = () => {
  const bytes = new Uint8Array(sizeBytes)
  randomFillSync(bytes)
  bytes.set(Buffer.from("\x89PNG\r\n\x1a\n", "latin1"))
  return new Blob([bytes])
}

const upload = async (url: string, headers: Record<string, string>, blob: Blob) => {
  const response = await fetch(`${url}/api/documents`, { method: "POST", headers, body: uploadForm(blob, "noise.png") })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  await response.body?.cancel()
}

const measure = async (url: string, pid: number, headers: Record<string, string>) => {
  const blob = file()
  await upload(url, headers, new Blob([blob.slice(0, 1024 * 1024)]))
  const before = residentBytes(pid)
  let peak = before
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid))
  }, 10)
  for (let round = 1; round <= rounds; round++) {
    const start = performance.now()
    await Promise.all(Array.from({ length: uploads }, () => upload(url, headers, blob)))
    const seconds = (performance.now() - start) / 1000
    const speed = `${seconds.toFixed(1)} s, ${mebibytes((uploads * sizeBytes) / seconds)}/s`
    console.log(`round ${round}: ${uploads} uploads of ${mebibytes(sizeBytes)} at once in ${speed}`)
    console.log(
      `  resident ${mebibytes(before)} before, ${mebibytes(peak)} at most: grew by ${mebibytes(peak - before)}`
    )
  }
  clearInterval(sampling)
  console.log(`grew by ${mebibytes(peak - before)} in all (goal: under 200 MiB)`)
}

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const { url, process } = yield* startKite({
        DATA_DIR: yield* temporaryDirectory,
        QUOTA_BYTES: "2 GB",
        RATE_LIMIT_IP: "100000/1m"
      })
      const { headers } = yield* logInAt(url)
      yield* Effect.promise(() => measure(url, process.pid ?? 0, headers))
    })
  )
)
