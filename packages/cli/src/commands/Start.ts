import { Settings } from "@kite/adapters/settings/Settings"
import { AuditSeals } from "@kite/server/audit/AuditSeals"
import { Sweeper } from "@kite/server/documents/Sweeper"
import * as Http from "@kite/server/Http"
import * as ExtractionWorker from "@kite/worker/ExtractionWorker"
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { HttpServer } from "effect/http"
import * as Embedded from "../Embedded.ts"
import * as Infrastructure from "../Infrastructure.ts"
import * as Logging from "../Logging.ts"

const layerAnnouncement = Layer.effectDiscard(
  Effect.gen(function* () {
    const { DATA_DIR } = yield* Settings
    const url = yield* HttpServer.addressFormattedWith(Effect.succeed)
    yield* Effect.logInfo(`kite is ready: API ${url}/api, docs ${url}/docs, data in ${DATA_DIR}`)
  })
)

const program = layerAnnouncement.pipe(
  Layer.provide(Http.layer),
  Layer.merge(Layer.mergeAll(ExtractionWorker.layer, Sweeper.hourly, AuditSeals.background)),
  Layer.provide([Infrastructure.layerMailer, Infrastructure.layerRateLimiter]),
  Layer.provide(Infrastructure.layerMigrated),
  Layer.provide(Logging.layer("kite")),
  Layer.provide(Embedded.layer)
)

export const start = Command.make("start", {}, () => Layer.launch(program)).pipe(
  Command.withDescription(
    "Run server and worker in one process. Whatever has no setting (database, files, secrets) is kept in DATA_DIR"
  )
)
