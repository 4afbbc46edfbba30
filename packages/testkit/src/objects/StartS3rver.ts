import { Effect, Redacted } from "effect"
import S3rver from "s3rver"
import { temporaryDirectory } from "../processes/TemporaryDirectory.ts"

/** URL of a bucket, not created yet, on an S3 server in this process. It supports no multipart and checks no secret. */
export const startS3rver = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const { port } = yield* Effect.acquireRelease(
    Effect.promise(() => {
      const server = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory })
      return server.run().then(({ port }) => ({ server, port }))
    }),
    ({ server }) => Effect.promise(() => server.close())
  )
  return Redacted.make(`http://S3RVER:S3RVER@127.0.0.1:${port}/kite`)
})
