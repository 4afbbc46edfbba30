import * as JsonLogger from "@kite/adapters/logging/JsonLogger"
import { Settings } from "@kite/adapters/settings/Settings"
import { Effect, Layer } from "effect"
import manifest from "../package.json" with { type: "json" }

export const { version } = manifest

/** Log lines of a process of this name. */
export const layer = (service: string) =>
  Layer.unwrap(
    Effect.map(Settings, ({ LOG_LEVEL: level, LOG_FORMAT: format }) =>
      JsonLogger.layer({ service, version, level, format })
    )
  )
