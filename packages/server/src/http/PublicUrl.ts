import { Settings } from "@kite/adapters/settings/Settings"
import { Effect } from "effect"

/** Where people reach this kite, without a slash at the end: PUBLIC_URL, else where it listens. Never what a Host header says. */
export const publicUrl = Effect.map(Settings, ({ PUBLIC_URL, HOST, PORT }) =>
  (PUBLIC_URL ?? `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${PORT}`).replace(/\/+$/, "")
)
