import * as Database from "@kite/adapters/postgres/Database"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Settings, SettingsError } from "@kite/adapters/settings/Settings"
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as Logging from "../Logging.ts"

/** The owner's connection where there is one: the application's own role need not be able to change the schema. */
const database = Layer.unwrap(
  Effect.gen(function* () {
    const { DATABASE_MIGRATE_URL, DATABASE_URL } = yield* Settings
    const url = DATABASE_MIGRATE_URL ?? DATABASE_URL
    if (url === undefined)
      return yield* new SettingsError({ message: "DATABASE_MIGRATE_URL or DATABASE_URL is missing" })
    return Database.layerUrl(url)
  })
)

/** The queue's store brings its own table along when it is built. */
const program = ExtractionQueue.layer.pipe(
  Layer.provide(Migrations.layer),
  Layer.provide(database),
  Layer.provide(Logging.layer("migrate")),
  Layer.provide(Settings.layer)
)

export const migrate = Command.make("migrate", {}, () => Effect.scoped(Effect.asVoid(Layer.build(program)))).pipe(
  Command.withDescription("Bring the database to this version's schema")
)
