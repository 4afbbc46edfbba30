import { inspect } from "node:util"
import { assert, it } from "@effect/vitest"
import { ObjectStoreMinio } from "@kite/adapters/objects/minio/ObjectStoreMinio"
import { ObjectStore, ObjectStoreError } from "@kite/adapters/objects/ObjectStore"
import { newKey } from "@kite/testkit/objects/Content"
import { testBucket } from "@kite/testkit/objects/TestBucket"
import { Context, Effect, Layer, Redacted, Stream } from "effect"
import { inject } from "vitest"

const open = (url: Redacted.Redacted<string>) =>
  Effect.map(Layer.build(ObjectStoreMinio.layer(url)), (context) => Context.get(context, ObjectStore))

it.live("creates a missing bucket, even when two processes do so at once", () =>
  Effect.gen(function* () {
    const { url, client, bucket } = yield* testBucket
    assert.isFalse(yield* Effect.promise(() => client.bucketExists(bucket)))
    const [one, two] = yield* Effect.all([open(url), open(url)], { concurrency: 2 })
    yield* one.check
    yield* two.check
    assert.isTrue(yield* Effect.promise(() => client.bucketExists(bucket)))
  })
)

it.live("fails with a wrong secret, and the error does not show it", () =>
  Effect.gen(function* () {
    const { url, client, bucket } = yield* testBucket
    const wrong = new URL(Redacted.value(url))
    wrong.password = "wrong-and-hushed"
    const error = yield* Effect.flip(open(Redacted.make(wrong.href)))
    assert.instanceOf(error, ObjectStoreError)
    assert.include(String(error.cause), bucket)
    assert.notInclude(inspect(error, { depth: 10 }), "hushed")
    assert.isFalse(yield* Effect.promise(() => client.bucketExists(bucket)))
  })
)

it.live("fails its check when the bucket is gone", () =>
  Effect.gen(function* () {
    const { url, client, bucket } = yield* testBucket
    const objects = yield* open(url)
    yield* Effect.promise(() => client.removeBucket(bucket))
    assert.instanceOf(yield* Effect.flip(objects.check), ObjectStoreError)
    assert.instanceOf(yield* Effect.flip(objects.put(yield* newKey, Stream.empty)), ObjectStoreError)
  })
)

it.live("lists more objects than fit in one response, and ignores foreign ones", () =>
  Effect.gen(function* () {
    const { url, client, bucket } = yield* testBucket
    const objects = yield* open(url)
    yield* Effect.promise(() => client.putObject(bucket, "README", "foreign"))
    const keys = yield* Effect.forEach(Array.from({ length: inject("keysPerListing") + 10 }), () => newKey)
    yield* Effect.forEach(keys, (key) => Effect.promise(() => client.putObject(bucket, key, "x")), { concurrency: 16 })
    const listed = yield* Stream.runCollect(objects.list)
    assert.sameMembers(
      listed.map((object) => object.key),
      keys
    )
  })
)
