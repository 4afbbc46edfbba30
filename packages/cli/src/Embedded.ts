import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { EmbeddedPostgres } from "@kite/adapters/postgres/EmbeddedPostgres"
import { Settings } from "@kite/adapters/settings/Settings"
import { SecureCookies } from "@kite/server/auth/RefreshCookie"
import { Context, Effect, Layer, Redacted } from "effect"

/** A secret of this installation, made once and kept in a file only its user can read. */
const keptSecret = (dataDir: string, name: string) =>
  Effect.promise(async () => {
    const path = join(dataDir, name)
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    if (!existsSync(path)) await writeFile(path, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" })
    return Redacted.make(await readFile(path, "utf8"))
  })

const startPostgres = (dataDir: string) =>
  Effect.map(Layer.build(EmbeddedPostgres.layer({ dataDir })), (context) => Context.get(context, EmbeddedPostgres).url)

/** Browsers keep a Secure cookie of plain http on no host at all; only on loopback can it be done without. */
const isPlainLoopback = ({ HOST, PUBLIC_URL }: Settings["Service"]) =>
  (HOST === "localhost" || HOST === "::1" || HOST.startsWith("127.")) && !PUBLIC_URL?.startsWith("https:")

/**
 * The settings of a kite that needs nothing else on the machine: where the environment names no database and no secret,
 * a PostgreSQL of its own runs on the data directory and the secret is kept there.
 */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* Settings.fromEnvironment
    const DATA_DIR = resolve(settings.DATA_DIR)
    const TOKEN_SECRET = settings.TOKEN_SECRET ?? (yield* keptSecret(DATA_DIR, "token-secret"))
    const DATABASE_URL = settings.DATABASE_URL ?? (yield* startPostgres(DATA_DIR))
    return Layer.mergeAll(
      Layer.succeed(Settings, { ...settings, DATA_DIR, TOKEN_SECRET, DATABASE_URL }),
      Layer.succeed(SecureCookies, !isPlainLoopback(settings))
    )
  })
)
