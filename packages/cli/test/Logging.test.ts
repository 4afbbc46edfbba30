import { assert, it } from "@effect/vitest"
import { redacted } from "@kite/adapters/logging/Redaction"
import { Settings } from "@kite/adapters/settings/Settings"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Effect, Layer } from "effect"
import { layerSettings } from "../src/Logging.ts"

it.effect("the settings line hides secrets, and nothing else", () =>
  Effect.gen(function* () {
    const log = new LogCapture()
    const secrets = {
      DATABASE_URL: "postgres://kite:hunter2@host/kite",
      TOKEN_SECRET: "hunter2 hunter2 hunter2 hunter2 hunter2",
      ADMIN_PASSWORD: "hunter2 hunter2",
      OBJECT_STORE_URL: "http://hunter2:hunter2@host/bucket"
    }
    const settings = Settings.layerOf({ ...secrets, RATE_LIMIT_PASSWORD_RESET_IP: "7/1h" })
    yield* Layer.build(layerSettings.pipe(Layer.provide([settings, log.layer])))
    const { details } = log.last
    assert.deepInclude(details, {
      PORT: 8000,
      REFRESH_TOKEN_LIFETIME: 2_592_000_000,
      RATE_LIMIT_PASSWORD_RESET_IP: { limit: 7, windowMs: 3_600_000 }
    })
    const hidden = Object.entries(details ?? {}).filter(([, value]) => value === redacted)
    assert.sameMembers(
      hidden.map(([name]) => name),
      Object.keys(secrets)
    )
    assert.notInclude(log.lines.join(), "hunter2")
  })
)
