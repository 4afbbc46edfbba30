import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as MailerOutbox from "@kite/adapters/mail/MailerOutbox"
import * as MailerSmtp from "@kite/adapters/mail/MailerSmtp"
import { ObjectStoreMinio } from "@kite/adapters/objects/minio/ObjectStoreMinio"
import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { checkSharedFolder } from "@kite/adapters/objects/SharedFolder"
import * as Database from "@kite/adapters/postgres/Database"
import { explainConnection } from "@kite/adapters/postgres/DatabaseUnusable"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Settings, SettingsError } from "@kite/adapters/settings/Settings"
import { RateLimiter } from "@kite/server/limits/RateLimiter"
import * as RateLimiterRedis from "@kite/server/limits/RateLimiterRedis"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"

/** Fails if one of these settings is missing, with the names of all that are. */
export const requireSettings = (...names: ReadonlyArray<keyof Settings["Service"]>) =>
  Layer.effectDiscard(
    Effect.flatMap(Settings, (settings) => {
      const missing = names.filter((name) => settings[name] === undefined)
      return missing.length === 0
        ? Effect.void
        : Effect.fail(new SettingsError({ message: `These settings are missing: ${missing.join(", ")}` }))
    })
  )

/** The database of DATABASE_URL. Fails with a reason for people if it accepts no connection. */
export const layerDatabase = Layer.unwrap(
  Effect.gen(function* () {
    const { DATABASE_URL, DATABASE_CONNECTIONS } = yield* Settings
    if (DATABASE_URL === undefined) return yield* new SettingsError({ message: "DATABASE_URL is missing" })
    const explain = Effect.mapError(explainConnection("DATABASE_URL", DATABASE_URL))
    const layerCheck = Layer.effectDiscard(Effect.flatMap(SqlClient.SqlClient, (sql) => explain(Database.check(sql))))
    return layerCheck.pipe(
      Layer.provideMerge(Database.layerUrl(DATABASE_URL, { maxConnections: DATABASE_CONNECTIONS }))
    )
  })
)

/**
 * What OBJECT_STORE_URL names: an S3 server, or a folder that processes of this machine share. Without it, files in the folder
 * `objects` of DATA_DIR.
 */
const layerObjectStore = Layer.unwrap(
  Effect.map(Settings, ({ OBJECT_STORE_URL, DATA_DIR, MIN_FREE_DISK }) => {
    const layerFiles = (directory: string) => ObjectStoreFileSystem.layer(directory, { minFreeBytes: MIN_FREE_DISK })
    if (OBJECT_STORE_URL === undefined) return layerFiles(join(DATA_DIR, "objects"))
    if (!Redacted.value(OBJECT_STORE_URL).startsWith("file:")) return ObjectStoreMinio.layer(OBJECT_STORE_URL)
    const directory = fileURLToPath(Redacted.value(OBJECT_STORE_URL))
    return Layer.effectDiscard(checkSharedFolder(directory)).pipe(Layer.provideMerge(layerFiles(directory)))
  })
)

/** Counts rate limits in the Redis of REDIS_URL if it is set, else in this process. */
export const layerRateLimiter = Layer.unwrap(
  Effect.map(Settings, ({ REDIS_URL }) =>
    REDIS_URL === undefined ? RateLimiter.layerMemory : RateLimiterRedis.layer(REDIS_URL)
  )
)

/** The SMTP server of SMTP_URL if it is set, else files in the folder `outbox` of DATA_DIR. */
export const layerMailer = Layer.unwrap(
  Effect.map(Settings, ({ SMTP_URL, MAIL_FROM, DATA_DIR }) =>
    SMTP_URL === undefined
      ? MailerOutbox.layer(join(DATA_DIR, "outbox"), MAIL_FROM)
      : MailerSmtp.layer(SMTP_URL, MAIL_FROM)
  )
)

/** What server and worker share: database, object store and queue. A process that is both must build it once. */
export const layer = Layer.mergeAll(layerObjectStore, ExtractionQueue.layer).pipe(Layer.provideMerge(layerDatabase))

/** The same, after the database has been migrated. */
export const layerMigrated = layer.pipe(Layer.provide(Migrations.layer))
