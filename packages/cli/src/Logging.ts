import * as JsonLogger from "@kite/adapters/logging/JsonLogger"
import { Settings } from "@kite/adapters/settings/Settings"
import { Effect, Layer } from "effect"
import manifest from "../package.json" with { type: "json" }

export const { version } = manifest

/** Logs the effective settings once, secrets redacted. */
const layerSettings = Layer.effectDiscard(
  Effect.flatMap(Settings, (settings) => Effect.logInfo("Settings", { event: "settings", ...settings }))
)

/** The log of this service; its first line has the settings. */
export const layer = (service: string) =>
  Layer.unwrap(
    Effect.map(Settings, ({ LOG_LEVEL: level, LOG_FORMAT: format }) =>
      Layer.provideMerge(layerSettings, JsonLogger.layer({ service, version, level, format }))
    )
  )
