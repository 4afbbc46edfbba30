import * as JsonLogger from "@kite/adapters/logging/JsonLogger"
import { Settings } from "@kite/adapters/settings/Settings"
import { Effect, Layer } from "effect"
import manifest from "../package.json" with { type: "json" }

export const { version } = manifest

/** Told once, secrets hidden: what this process goes by, whatever its environment was thought to be. */
const logSettings = Layer.effectDiscard(
  Effect.flatMap(Settings, (settings) => Effect.logInfo("settings", { event: "settings", ...settings }))
)

/** Log lines of a process of this name, the first of them with its settings. */
export const layer = (service: string) =>
  Layer.unwrap(
    Effect.map(Settings, ({ LOG_LEVEL: level, LOG_FORMAT: format }) =>
      Layer.provideMerge(logSettings, JsonLogger.layer({ service, version, level, format }))
    )
  )
