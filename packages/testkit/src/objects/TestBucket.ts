import { randomUUID } from "node:crypto"
import { Effect, Redacted } from "effect"
import { inject } from "vitest"
import { bareClient } from "./BareClient.ts"

type BareClient = Effect.Success<ReturnType<typeof bareClient>>["client"]

/** Object names of the multipart uploads that are open in a bucket. */
export const openUploads = (client: BareClient, bucket: string) =>
  Effect.promise(() =>
    client.listIncompleteUploadsQuery(bucket, "", "", "", "/").then(({ uploads }) => uploads.map(({ key }) => key))
  )

const namesIn = async (client: BareClient, bucket: string) => {
  const names: Array<string> = []
  for await (const { name } of client.listObjectsV2(bucket, "", true)) names.push(name)
  return names
}

/** The URL of a bucket for one test, not created yet, and a client that bypasses kite. Removed with the scope. */
export const testBucket = Effect.gen(function* () {
  const url = new URL(inject("objectStoreUrl"))
  url.pathname = `/kite-test-${randomUUID()}`
  const { bucket, client } = yield* bareClient(url.href)
  const remove = Effect.gen(function* () {
    const names = yield* Effect.promise(() => namesIn(client, bucket))
    yield* Effect.forEach(names, (name) => Effect.promise(() => client.removeObject(bucket, name)), { concurrency: 16 })
    yield* Effect.promise(() => client.removeBucket(bucket))
  })
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(
      Effect.promise(() => client.bucketExists(bucket)),
      (exists) => (exists ? remove : Effect.void)
    )
  )
  return { url: Redacted.make(url.href), bucket, client }
})
