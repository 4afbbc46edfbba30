import { mkdtemp, rm } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted } from "effect"

interface Server {
  run(): Promise<{ readonly port: number }>
  close(): Promise<void>
}

/** The package has no types. */
const S3rver: new (options: {
  readonly address: string
  readonly port: number
  readonly silent: boolean
  readonly directory: string
}) => Server = createRequire(import.meta.url)("s3rver")

/** URL of a bucket, not made yet, on an S3 server in this process; it knows no multipart and checks no secret. */
export const startS3rver = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "kite-s3rver-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  const { port } = yield* Effect.acquireRelease(
    Effect.promise(() => {
      const server = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory })
      return server.run().then(({ port }) => ({ server, port }))
    }),
    ({ server }) => Effect.promise(() => server.close())
  )
  return Redacted.make(`http://S3RVER:S3RVER@127.0.0.1:${port}/kite`)
})
