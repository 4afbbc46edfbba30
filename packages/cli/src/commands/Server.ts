import { Settings } from "@kite/adapters/settings/Settings"
import { AuditSeals } from "@kite/server/audit/AuditSeals"
import { Sweeper } from "@kite/server/documents/Sweeper"
import * as Http from "@kite/server/Http"
import { Layer } from "effect"
import { Command } from "effect/cli"
import * as Infrastructure from "../Infrastructure.ts"
import * as Logging from "../Logging.ts"

const program = Layer.mergeAll(Http.layer, Sweeper.hourly, AuditSeals.background).pipe(
  Layer.provide([Infrastructure.layerMailer, Infrastructure.layerRateLimiter]),
  Layer.provide(Infrastructure.layer),
  Layer.provide(Infrastructure.requireSettings("DATABASE_URL", "OBJECT_STORE_URL", "TOKEN_SECRET")),
  Layer.provide(Logging.layer("server")),
  Layer.provide(Settings.layer)
)

export const server = Command.make("server", {}, () => Layer.launch(program)).pipe(
  Command.withDescription("Serve the HTTP API. Run `kite migrate` first")
)
