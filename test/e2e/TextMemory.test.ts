import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Schedule } from "effect"

const mebibyte = 1024 * 1024
const size = 8 * mebibyte
const readers = 30

/** Resident memory of a process, in MiB (Linux). */
const residentMebibytes = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024

/** Reads a response to its end and keeps nothing of it; its length. */
const lengthOf = async (response: Response) => {
  let length = 0
  for await (const chunk of response.body ?? []) length += chunk.length
  return length
}

it.live(
  "30 readers of an 8 MiB text at once cost kite less than 200 MiB",
  () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const kite = yield* startKite({ DATA_DIR: directory, MAX_DOWNLOADS_PER_ACCOUNT: String(readers) })
      const { documents, headers } = yield* logInAt(kite.url)
      const file = Buffer.from("The quick brown fox reads a long document. ".repeat(size / 40).slice(0, size))
      const { id } = yield* documents.upload({ query: {}, payload: uploadForm(file, "long.txt") })
      const found = yield* eventually(
        documents.get({ params: { id }, query: {} }),
        ({ status }) => status === "ready",
        "60 seconds"
      )
      assert.deepStrictEqual(found.notices, [])

      const pid = kite.process.pid ?? 0
      const read = (accept: string) =>
        Effect.promise((signal) =>
          fetch(`${kite.url}/api/documents/${id}/text`, { headers: { ...headers, accept }, signal }).then(lengthOf)
        )
      for (const accept of ["application/json", "text/plain"]) {
        // What a first reader costs, code and buffers of connections, is not theirs.
        yield* read(accept)
        const before = residentMebibytes(pid)
        let peak = before
        const watch = Effect.repeat(
          Effect.sync(() => {
            peak = Math.max(peak, residentMebibytes(pid))
          }),
          Schedule.spaced("20 millis")
        )
        const all = yield* Effect.raceFirst(
          Effect.all(Array(readers).fill(read(accept)) as Array<ReturnType<typeof read>>, { concurrency: readers }),
          Effect.andThen(watch, Effect.never)
        )
        for (const length of all) assert.isAtLeast(length, size)
        assert.isBelow(peak - before, 200, `${accept}: from ${before} to ${peak} MiB`)
      }
    }),
  150_000
)
