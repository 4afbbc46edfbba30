import { assert, it } from "@effect/vitest"
import { abortAbandonedUploads } from "@kite/adapters/objects/minio/AbandonedUploads"
import { connectBucket } from "@kite/adapters/objects/minio/Bucket"
import { parseBucketLocation } from "@kite/adapters/objects/minio/BucketLocation"
import { ObjectStoreMinio } from "@kite/adapters/objects/minio/ObjectStoreMinio"
import { partBytes } from "@kite/adapters/objects/minio/Upload"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { endless, newKey, peakOf, sha256 } from "@kite/testkit/objects/Content"
import { openUploads, testBucket } from "@kite/testkit/objects/TestBucket"
import { Context, Deferred, Effect, Fiber, Layer, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

const open = Effect.gen(function* () {
  const behind = yield* testBucket
  const context = yield* Layer.build(ObjectStoreMinio.layer(behind.url))
  return { ...behind, objects: Context.get(context, ObjectStore), key: yield* newKey }
})

for (const [parts, sizeBytes] of [
  [1, partBytes],
  [2, partBytes + 1],
  [2, 2 * partBytes],
  [3, 2 * partBytes + 12_345]
] as const) {
  it.live(`stores ${sizeBytes} bytes in ${parts} part(s)`, () =>
    Effect.gen(function* () {
      const { objects, key, client, bucket } = yield* open
      assert.strictEqual(yield* objects.put(key, endless(sizeBytes)), sizeBytes)
      const { etag, size } = yield* Effect.promise(() => client.statObject(bucket, key))
      assert.strictEqual(size, sizeBytes)
      assert.match(etag, parts === 1 ? /^[0-9a-f]{32}$/ : new RegExp(`-${parts}$`))
      assert.strictEqual(yield* sha256(objects.get(key)), yield* sha256(endless(sizeBytes)))
      assert.deepEqual(yield* openUploads(client, bucket), [])
    })
  )
}

it.live("aborts the multipart upload of content that fails or is interrupted", () =>
  Effect.gen(function* () {
    const { objects, key, client, bucket } = yield* open
    const reached = yield* Deferred.make<void>()
    const content = endless(2 * partBytes)
    yield* Effect.flip(objects.put(key, Stream.concat(content, Stream.fail(new Broken()))))
    assert.deepEqual(yield* openUploads(client, bucket), [])
    const stuck = Stream.fromEffect(Effect.andThen(Deferred.succeed(reached, undefined), Effect.never))
    const fiber = yield* Effect.forkChild(objects.put(key, Stream.concat(content, stuck)))
    yield* Deferred.await(reached)
    assert.deepEqual(yield* openUploads(client, bucket), [key])
    yield* Fiber.interrupt(fiber)
    assert.deepEqual(yield* openUploads(client, bucket), [])
  })
)

it.effect("aborts, when it starts, uploads of its own keys that are older than a day", () =>
  Effect.gen(function* () {
    const [{ client, bucket, url }, key] = [yield* testBucket, yield* newKey]
    yield* Effect.promise(() => client.makeBucket(bucket))
    yield* Effect.promise(() => client.initiateNewMultipartUpload(bucket, key, {}))
    const foreign = yield* Effect.promise(() => client.initiateNewMultipartUpload(bucket, "foreign", {}))
    const settled = (count: number) =>
      openUploads(client, bucket).pipe(
        Effect.filterOrFail((names) => names.length === count),
        Effect.retry({ times: 500 })
      )
    yield* TestClock.setTime(Date.now() + 25 * 3_600_000)
    yield* Layer.build(ObjectStoreMinio.layer(url))
    assert.deepEqual(yield* settled(1), ["foreign"])
    yield* Effect.promise(() => client.abortMultipartUpload(bucket, "foreign", foreign))
  })
)

it.effect("keeps younger uploads: another process may still write them", () =>
  Effect.gen(function* () {
    const [{ client, bucket, url }, key] = [yield* testBucket, yield* newKey]
    yield* Effect.promise(() => client.makeBucket(bucket))
    const id = yield* Effect.promise(() => client.initiateNewMultipartUpload(bucket, key, {}))
    yield* TestClock.setTime(Date.now() + 23 * 3_600_000)
    assert.strictEqual(yield* abortAbandonedUploads(yield* connectBucket(yield* parseBucketLocation(url))), 0)
    assert.deepEqual(yield* openUploads(client, bucket), [key])
    yield* Effect.promise(() => client.abortMultipartUpload(bucket, key, id))
  })
)

it.live("holds one part of each upload in memory, however large the objects", () =>
  Effect.gen(function* () {
    const { objects } = yield* open
    const { watched, peak } = peakOf(endless(64_000_000))
    assert.strictEqual(yield* objects.put(yield* newKey, watched), 64_000_000)
    assert.isBelow(peak(), 2 * partBytes)
  })
)

it.live("does not mix up many large concurrent uploads", () =>
  Effect.gen(function* () {
    const { objects } = yield* open
    const puts = Effect.fnUntraced(function* (extra: number) {
      const [key, sizeBytes] = [yield* newKey, 2 * partBytes + extra]
      yield* objects.put(key, endless(sizeBytes))
      return (yield* sha256(objects.get(key))) === (yield* sha256(endless(sizeBytes)))
    })
    const whole = yield* Effect.forEach([1, 2, 3, 4, 5, 6], puts, { concurrency: "unbounded" })
    assert.deepEqual(whole, Array(6).fill(true))
  })
)
