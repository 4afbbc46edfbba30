import { join } from "node:path"
import { Effect, Layer } from "effect"
import { Settings } from "../settings/Settings.ts"
import * as MailerOutbox from "./MailerOutbox.ts"
import * as MailerSmtp from "./MailerSmtp.ts"

/** Through SMTP_URL where it is set, else into the folder `outbox` of DATA_DIR. */
export const layer = Layer.unwrap(
  Effect.map(Settings, ({ SMTP_URL, MAIL_FROM, DATA_DIR }) =>
    SMTP_URL === undefined
      ? MailerOutbox.layer(join(DATA_DIR, "outbox"), MAIL_FROM)
      : MailerSmtp.layer(SMTP_URL, MAIL_FROM)
  )
)
