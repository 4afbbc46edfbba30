import * as JsonLogger from "@kite/adapters/logging/JsonLogger"
import { NotSecret } from "@kite/adapters/logging/Redaction"
import { Settings } from "@kite/adapters/settings/Settings"
import { Effect, Layer, Record, Redacted } from "effect"
import manifest from "../package.json" with { type: "json" }

export const { version } = manifest

const notSecret = (value: unknown) => (Redacted.isRedacted(value) ? value : new NotSecret(value))

/** Logs the effective settings once. Secrets are redacted; what only sounds like one (`REFRESH_TOKEN_LIFETIME`) is not. */
export const layerSettings = Layer.effectDiscard(
  Effect.flatMap(Settings, (settings) =>
    Effect.logInfo("Settings", {
      event: "settings",
      ...Record.map<string, unknown, unknown>({ ...settings }, notSecret)
    })
  )
)

/** Nothing that kite does needs root. */
const layerRootWarning = Layer.effectDiscard(
  Effect.suspend(() =>
    process.geteuid?.() === 0
      ? Effect.logWarning("kite runs as root, which it does not need: start it as a user of its own", {
          event: "runs_as_root"
        })
      : Effect.void
  )
)

/** The log of this service; its first line has the settings. */
export const layer = (service: string) =>
  Layer.unwrap(
    Effect.map(Settings, ({ LOG_LEVEL: level, LOG_FORMAT: format }) =>
      Layer.provideMerge(
        Layer.mergeAll(layerSettings, layerRootWarning),
        JsonLogger.layer({ service, version, level, format })
      )
    )
  )
