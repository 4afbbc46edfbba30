import { Settings } from "@kite/adapters/settings/Settings"
import { Effect } from "effect"

/** The base URL of this kite, without a trailing slash: PUBLIC_URL, or the address it listens on. Never taken from a Host header. */
export const publicUrl = Effect.map(Settings, ({ PUBLIC_URL, HOST, PORT }) =>
  (PUBLIC_URL ?? `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${PORT}`).replace(/\/+$/, "")
)
