import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import type { Writable } from "node:stream"
import type { ContentType } from "@kite/domain/documents/Document"
import { Effect } from "effect"

/** A local file, whole and not to be changed while it is read. */
export interface DocumentFile {
  readonly path: string
  readonly contentType: ContentType
}

/** Bytes read from the file at a time: this process holds no more of it. */
const chunkBytes = 512 * 1024

export const sizeOf = (path: string) =>
  Effect.map(
    Effect.promise(() => stat(path)),
    ({ size }) => size
  )

/** Writes the file as fast as the other end reads; never returns for one that has stopped reading. */
export const deliver = (path: string, to: Writable): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const file = createReadStream(path, { highWaterMark: chunkBytes })
    file.once("error", (error) => resume(Effect.die(error)))
    file.once("end", () => resume(Effect.void))
    file.pipe(to, { end: false })
    return Effect.sync(() => {
      file.unpipe(to)
      file.destroy()
    })
  })
