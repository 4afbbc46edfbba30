import { Settings } from "@kite/adapters/settings/Settings"
import * as EventLoopMetrics from "@kite/server/observability/EventLoopMetrics"
import * as MetricsListener from "@kite/server/observability/MetricsListener"
import * as ExtractionWorker from "@kite/worker/ExtractionWorker"
import { Layer } from "effect"
import { Command } from "effect/cli"
import * as Infrastructure from "../Infrastructure.ts"
import * as Logging from "../Logging.ts"

const layerMetrics = Layer.merge(EventLoopMetrics.layer, MetricsListener.layerIfSet)

const program = Layer.merge(ExtractionWorker.layer, layerMetrics).pipe(
  Layer.provide(Infrastructure.layer),
  Layer.provide(Infrastructure.requireSettings("DATABASE_URL", "OBJECT_STORE_URL")),
  Layer.provide(Logging.layer("worker")),
  Layer.provide(Settings.layer)
)

export const worker = Command.make("worker", {}, () => Layer.launch(program)).pipe(
  Command.withDescription("Extract the text of uploaded documents")
)
