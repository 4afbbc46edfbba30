import { randomUUID } from "node:crypto"
import { parseS3Location } from "@kite/adapters/objects/S3Location"
import { Effect, Redacted } from "effect"
import { Client } from "minio"
import { inject } from "vitest"

/** Names in a bucket, also those that are none of kite's. */
export const namesIn = (client: Client, bucket: string) =>
  Effect.promise(async () => {
    const names: Array<string> = []
    for await (const { name } of client.listObjectsV2(bucket, "", true)) names.push(name)
    return names
  })

/** Object names of the multipart uploads that are open in a bucket. */
export const openUploads = (client: Client, bucket: string) =>
  Effect.promise(() =>
    client.listIncompleteUploadsQuery(bucket, "", "", "", "/").then(({ uploads }) => uploads.map(({ key }) => key))
  )

/** The URL of a bucket of the test's own, not made yet, and a bare client to look behind kite's back; gone with the scope. */
export const testBucket = Effect.gen(function* () {
  const url = new URL(inject("objectStoreUrl"))
  const bucket = `kite-test-${randomUUID()}`
  url.pathname = `/${bucket}`
  const { host, port, secure, accessKey, secretKey, region } = yield* parseS3Location(Redacted.make(url.href))
  const client = new Client({
    endPoint: host,
    port,
    useSSL: secure,
    accessKey,
    secretKey: Redacted.value(secretKey),
    region
  })
  const empty = Effect.gen(function* () {
    const names = yield* namesIn(client, bucket)
    yield* Effect.forEach(names, (name) => Effect.promise(() => client.removeObject(bucket, name)), { concurrency: 16 })
    yield* Effect.promise(() => client.removeBucket(bucket))
  })
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(
      Effect.promise(() => client.bucketExists(bucket)),
      (exists) => (exists ? empty : Effect.void)
    )
  )
  return { url: Redacted.make(url.href), bucket, client }
})
