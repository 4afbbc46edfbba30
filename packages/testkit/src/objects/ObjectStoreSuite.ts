import { assert } from "@effect/vitest"
import { ObjectStore, ObjectStoreError } from "@kite/adapters/objects/ObjectStore"
import type { ObjectKey } from "@kite/domain/documents/Document"
import { DateTime, Deferred, Duration, Effect, Fiber, type Layer, Schema, Stream } from "effect"
import { suite } from "../Suite.ts"
import { bytesOf, chunked, collect, endless, newKey, sha256 } from "./Content.ts"

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

interface Options {
  /** Size of the large objects: what the store can hold, if possible more than one part. */
  readonly largeBytes: number
  /** False for a server that treats a range ending with byte 0 as one without an end. */
  readonly endsAtFirstByte: boolean
}

/** The behaviour of every layer of ObjectStore. */
export const objectStoreSuite = (
  name: string,
  store: Layer.Layer<ObjectStore, unknown>,
  { largeBytes, endsAtFirstByte }: Options
) =>
  suite(store)(`ObjectStore: ${name}`, (it) => {
    const listed = Effect.gen(function* () {
      return yield* Stream.runCollect((yield* ObjectStore).list)
    })
    const assertAbsent = Effect.fnUntraced(function* (key: ObjectKey) {
      const error = yield* Effect.flip(collect((yield* ObjectStore).get(key)))
      assert.strictEqual(error._tag, "ObjectNotFound")
      assert.isFalse((yield* listed).some((object) => object.key === key))
    })

    it.effect("returns the bytes that were put, and their number", () =>
      Effect.gen(function* () {
        const [objects, key, bytes] = [yield* ObjectStore, yield* newKey, bytesOf(100_000, 1)]
        assert.strictEqual(yield* objects.put(key, chunked(bytes, [1, 4096, 30_000])), bytes.length)
        assert.isTrue(bytes.equals(yield* collect(objects.get(key))))
      })
    )

    it.effect("stores an empty object", () =>
      Effect.gen(function* () {
        const [objects, key] = [yield* ObjectStore, yield* newKey]
        assert.strictEqual(yield* objects.put(key, Stream.empty), 0)
        assert.strictEqual((yield* collect(objects.get(key))).length, 0)
        const found = (yield* listed).find((object) => object.key === key)
        assert.strictEqual(found?.sizeBytes, 0)
      })
    )

    it.effect("stores a large stream whole, although its source reuses one buffer", () =>
      Effect.gen(function* () {
        const [objects, key] = [yield* ObjectStore, yield* newKey]
        assert.strictEqual(yield* objects.put(key, endless(largeBytes)), largeBytes)
        assert.strictEqual(yield* sha256(objects.get(key)), yield* sha256(endless(largeBytes)))
        const middle = { start: Math.floor(largeBytes / 2), end: largeBytes - 1 }
        assert.strictEqual((yield* collect(objects.get(key, middle))).length, middle.end - middle.start + 1)
        yield* objects.remove(key)
      })
    )

    it.effect.prop(
      "returns any range of any bytes put in any chunks",
      {
        size: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 300_000 })),
        seed: Schema.Int,
        cuts: Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))),
        from: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
        to: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
      },
      Effect.fnUntraced(function* ({ size, seed, cuts, from, to }) {
        const [objects, key, bytes] = [yield* ObjectStore, yield* newKey, bytesOf(size, seed)]
        const [start = 0, last = 0] = [from, to].map((part) => Math.floor(part * (size - 1))).sort((a, b) => a - b)
        const end = endsAtFirstByte ? last : Math.max(last, 1)
        yield* objects.put(key, chunked(bytes, cuts))
        assert.isTrue(bytes.equals(yield* collect(objects.get(key))))
        assert.isTrue(bytes.subarray(start, end + 1).equals(yield* collect(objects.get(key, { start, end }))))
        yield* objects.remove(key)
      }),
      { arbitrary: { runs: 30 } }
    )

    it.effect("refuses a range beyond the object", () =>
      Effect.gen(function* () {
        const [objects, key, empty] = [yield* ObjectStore, yield* newKey, yield* newKey]
        yield* objects.put(key, Stream.make(bytesOf(10, 1)))
        yield* objects.put(empty, Stream.empty)
        const refused = [
          objects.get(key, { start: 0, end: 10 }),
          objects.get(key, { start: 10, end: 10 }),
          objects.get(key, { start: 5, end: 4 }),
          objects.get(key, { start: -1, end: 4 }),
          ...(endsAtFirstByte ? [objects.get(empty, { start: 0, end: 0 })] : [])
        ]
        for (const content of refused) assert.instanceOf(yield* Effect.flip(collect(content)), ObjectStoreError)
      })
    )

    it.effect("has no object that was never put or was removed, and removes it any number of times", () =>
      Effect.gen(function* () {
        const [objects, key] = [yield* ObjectStore, yield* newKey]
        yield* assertAbsent(key)
        yield* objects.remove(key)
        yield* objects.put(key, Stream.make(bytesOf(10, 1)))
        yield* objects.remove(key)
        yield* objects.remove(key)
        yield* assertAbsent(key)
        const range = objects.get(key, { start: 0, end: 1 })
        assert.strictEqual((yield* Effect.flip(collect(range)))._tag, "ObjectNotFound")
      })
    )

    it.effect("fails with the content's error and stores nothing", () =>
      Effect.gen(function* () {
        const [objects, early, late] = [yield* ObjectStore, yield* newKey, yield* newKey]
        const broken = Stream.fail(new Broken())
        assert.instanceOf(yield* Effect.flip(objects.put(early, broken)), Broken)
        assert.instanceOf(yield* Effect.flip(objects.put(late, Stream.concat(endless(largeBytes), broken))), Broken)
        yield* assertAbsent(early)
        yield* assertAbsent(late)
      })
    )

    it.effect("hides an unfinished object, and removes it when interrupted", () =>
      Effect.gen(function* () {
        const [objects, key, reached] = [yield* ObjectStore, yield* newKey, yield* Deferred.make<void>()]
        const stuck = Stream.fromEffect(Effect.andThen(Deferred.succeed(reached, undefined), Effect.never))
        const fiber = yield* Effect.forkChild(objects.put(key, Stream.concat(endless(largeBytes), stuck)))
        yield* Deferred.await(reached)
        yield* assertAbsent(key)
        yield* Fiber.interrupt(fiber)
        yield* assertAbsent(key)
        assert.strictEqual(yield* objects.put(key, Stream.make(bytesOf(5, 1))), 5)
      })
    )

    it.effect("does not mix up objects that are put at the same time", () =>
      Effect.gen(function* () {
        const objects = yield* ObjectStore
        const seeds = Array.from({ length: 10 }, (_, index) => index + 1)
        const puts = yield* Effect.forEach(
          seeds,
          Effect.fnUntraced(function* (seed) {
            const [key, bytes] = [yield* newKey, bytesOf(50_000 + seed, seed)]
            yield* objects.put(key, chunked(bytes, [7_000]))
            return { key, bytes }
          }),
          { concurrency: "unbounded" }
        )
        for (const { key, bytes } of puts) assert.isTrue(bytes.equals(yield* collect(objects.get(key))))
        yield* objects.remove(puts[0]?.key ?? (yield* newKey))
        for (const { key } of puts.slice(1)) assert.isAbove((yield* collect(objects.get(key))).length, 50_000)
      })
    )

    it.effect("lists its objects with size and time", () =>
      Effect.gen(function* () {
        const [objects, key, other] = [yield* ObjectStore, yield* newKey, yield* newKey]
        yield* objects.put(key, Stream.make(bytesOf(123, 1)))
        yield* objects.put(other, Stream.make(bytesOf(45, 1)))
        const found = yield* listed
        assert.strictEqual(found.find((object) => object.key === other)?.sizeBytes, 45)
        const object = found.find((object) => object.key === key)
        assert.strictEqual(object?.sizeBytes, 123)
        const now = yield* DateTime.now
        const age = DateTime.distance(object?.modifiedAt ?? DateTime.makeUnsafe(0), now)
        assert.isBelow(Math.abs(Duration.toMillis(age)), 60_000)
      })
    )

    it.effect("lets a reader stop early, any number of times", () =>
      Effect.gen(function* () {
        const [objects, key] = [yield* ObjectStore, yield* newKey]
        yield* objects.put(key, endless(largeBytes))
        for (let times = 0; times < 20; times++) yield* Stream.runDrain(Stream.take(objects.get(key), 1))
        assert.strictEqual((yield* collect(objects.get(key, { start: 0, end: 9 }))).length, 10)
        yield* objects.remove(key)
      })
    )

    it.effect("passes its check", () => Effect.flatMap(ObjectStore, (objects) => objects.check))
  })
