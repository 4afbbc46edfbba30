import { createHash } from "node:crypto"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { Sweeper } from "@kite/server/documents/Sweeper"
import { eventually } from "@kite/testkit/Eventually"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { TestDatabase, testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { suite } from "@kite/testkit/Suite"
import { Deferred, Duration, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { SqlClient } from "effect/sql"

const uploaders = 6
const acknowledgedBefore = 15

const request = (url: string, init: RequestInit) => Effect.tryPromise((signal) => fetch(url, { signal, ...init }))

const upload = Effect.fnUntraced(function* (url: string, headers: Record<string, string>, content: string) {
  const response = yield* request(`${url}/api/documents`, { method: "POST", headers, body: uploadForm(content) })
  assert.strictEqual(response.status, 201)
  const { id } = yield* Effect.tryPromise((): Promise<any> => response.json())
  return id as string
})

/** Uploads files until the server dies, and adds each acknowledged one to the map, by its id. */
const uploadUntilDeath = Effect.fnUntraced(function* (url: string, acknowledged: Map<string, string>) {
  const { headers } = yield* logInAt(url)
  const one = Effect.gen(function* () {
    const content = `${Math.random()}\n`.repeat(10_000)
    acknowledged.set(yield* upload(url, headers, content), content)
  })
  yield* Effect.ignore(
    Effect.replicateEffect(Effect.forever(one), uploaders, { concurrency: uploaders, discard: true })
  )
})

const keys = Effect.flatMap(ObjectStore, ({ list }) =>
  Effect.map(Stream.runCollect(list), (all) => all.map(({ key }) => key))
)
const rows = SqlClient.SqlClient.use(
  (sql) => sql<{ id: string; objectKey: string; sha256: string }>`SELECT id, object_key, sha256 FROM documents`
)
/** Objects without a document. */
const orphans = Effect.gen(function* () {
  const owned = new Set((yield* rows).map(({ objectKey }) => objectKey))
  return (yield* keys).filter((key) => !owned.has(key))
})

/** Kills the server while uploads are at every step, some of them certainly between their bytes and their row. */
const killAmidUploads = Effect.fnUntraced(function* (kill: Effect.Effect<unknown>, acknowledged: Map<string, string>) {
  const sql = yield* SqlClient.SqlClient
  yield* eventually(
    Effect.sync(() => acknowledged.size),
    (count) => count >= acknowledgedBefore,
    "30 seconds"
  )
  const [locked, killed] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  const holdRows = sql`LOCK TABLE documents IN EXCLUSIVE MODE`.pipe(
    Effect.andThen(Deferred.succeed(locked, undefined)),
    Effect.andThen(Deferred.await(killed))
  )
  const holder = yield* Effect.forkChild(sql.withTransaction(holdRows))
  yield* Deferred.await(locked)
  yield* eventually(orphans, (found) => found.length > 0, "30 seconds")
  yield* kill
  yield* Deferred.succeed(killed, undefined)
  yield* Fiber.join(holder)
})

suite(testDatabase)("kill -9 in the middle of uploads", (it) => {
  it.effect(
    "loses no acknowledged upload, and leaves only objects that a sweep removes",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const variables = {
          DATA_DIR: directory,
          DATABASE_URL: Redacted.value((yield* TestDatabase).url),
          QUOTA_BYTES: "1 GB",
          RATE_LIMIT_IP: "100000/1m"
        }
        const objects = ObjectStoreFileSystem.layer(join(directory, "objects"))
        yield* Effect.gen(function* () {
          const acknowledged = new Map<string, string>()
          const first = yield* startKite(variables)
          const uploading = yield* Effect.forkChild(uploadUntilDeath(first.url, acknowledged))
          yield* killAmidUploads(first.end("SIGKILL"), acknowledged)
          yield* Fiber.join(uploading)

          const second = yield* startKite(variables)
          const { headers, auth } = yield* logInAt(second.url)
          for (const [id, content] of acknowledged) {
            const response = yield* request(`${second.url}/api/documents/${id}/content`, { headers })
            assert.strictEqual(yield* Effect.promise(() => response.text()), content)
          }
          for (const { id, sha256 } of yield* rows) {
            const response = yield* request(`${second.url}/api/documents/${id}/content`, { headers })
            const bytes = yield* Effect.promise(() => response.bytes())
            assert.strictEqual(createHash("sha256").update(bytes).digest("hex"), sha256)
          }

          const { length } = yield* orphans
          assert.isAbove(length, 0)
          assert.strictEqual(yield* (yield* Sweeper).sweep(Duration.zero), length)
          assert.deepStrictEqual(yield* orphans, [])
          yield* upload(second.url, headers, "once more")
          const { quota } = yield* auth.me()
          const sql = yield* SqlClient.SqlClient
          const [sum] = yield* sql<{ bytes: number }>`SELECT sum(size_bytes)::int AS bytes FROM documents`
          assert.strictEqual(quota.usedBytes, sum?.bytes)
        }).pipe(Effect.provide(Sweeper.layer.pipe(Layer.provideMerge(objects))))
      }),
    120_000
  )
})
