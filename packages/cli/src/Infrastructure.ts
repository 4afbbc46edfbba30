import { join } from "node:path"
import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { ObjectStoreMinio } from "@kite/adapters/objects/ObjectStoreMinio"
import * as Database from "@kite/adapters/postgres/Database"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Settings, SettingsError } from "@kite/adapters/settings/Settings"
import { RateLimiter } from "@kite/server/limits/RateLimiter"
import * as RateLimiterRedis from "@kite/server/limits/RateLimiterRedis"
import { Effect, Layer } from "effect"

/** Fails where one of these variables is not set, with their names. */
export const demand = (...names: ReadonlyArray<keyof Settings["Service"]>) =>
  Layer.effectDiscard(
    Effect.flatMap(Settings, (settings) => {
      const missing = names.filter((name) => settings[name] === undefined)
      return missing.length === 0
        ? Effect.void
        : Effect.fail(new SettingsError({ message: `These settings are missing: ${missing.join(", ")}` }))
    })
  )

export const database = Layer.unwrap(
  Effect.gen(function* () {
    const { DATABASE_URL, DATABASE_CONNECTIONS } = yield* Settings
    if (DATABASE_URL === undefined) return yield* new SettingsError({ message: "DATABASE_URL is missing" })
    return Database.layerUrl(DATABASE_URL, { maxConnections: DATABASE_CONNECTIONS })
  })
)

export const objectStore = Layer.unwrap(
  Effect.map(Settings, ({ OBJECT_STORE_URL, DATA_DIR, MIN_FREE_DISK }) =>
    OBJECT_STORE_URL === undefined
      ? ObjectStoreFileSystem.layer(join(DATA_DIR, "objects"), { minFreeBytes: MIN_FREE_DISK })
      : ObjectStoreMinio.layer(OBJECT_STORE_URL)
  )
)

/** Counts rate limits in Redis where there is one, and in this process otherwise. */
export const rateLimiter = Layer.unwrap(
  Effect.map(Settings, ({ REDIS_URL }) =>
    REDIS_URL === undefined ? RateLimiter.layerMemory : RateLimiterRedis.layer(REDIS_URL)
  )
)

/** What server and worker share: database, object store and queue. One process that is both must build it once. */
export const layer = Layer.mergeAll(objectStore, ExtractionQueue.layer).pipe(Layer.provideMerge(database))

/** The same on a database that is migrated first. */
export const migrated = Layer.mergeAll(objectStore, ExtractionQueue.layer).pipe(
  Layer.provideMerge(database),
  Layer.provide(Migrations.layer)
)
