import * as Migrations from "@kite/adapters/postgres/Migrations"
import { Settings } from "@kite/adapters/settings/Settings"
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as Logging from "../Logging.ts"

const program = Migrations.layer.pipe(Layer.provide(Logging.layer("migrate")), Layer.provide(Settings.layer))

export const migrate = Command.make("migrate", {}, () => Effect.scoped(Effect.asVoid(Layer.build(program)))).pipe(
  Command.withDescription("Update the schema of the database, and grant the role of DATABASE_URL access")
)
