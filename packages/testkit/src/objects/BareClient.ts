import { parseBucketLocation } from "@kite/adapters/objects/minio/BucketLocation"
import { Effect, Redacted } from "effect"
import { Client } from "minio"

/** The bucket of a URL, and a client that bypasses kite, to inspect the bucket. */
export const bareClient = Effect.fnUntraced(function* (url: string) {
  const { host, port, secure, accessKey, secretKey, region, bucket } = yield* parseBucketLocation(Redacted.make(url))
  const keys = { accessKey, secretKey: Redacted.value(secretKey) }
  return { bucket, client: new Client({ endPoint: host, port, useSSL: secure, region, ...keys }) }
})
