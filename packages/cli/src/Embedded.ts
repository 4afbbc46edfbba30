import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { EmbeddedPostgres } from "@kite/adapters/postgres/EmbeddedPostgres"
import type { EmbeddedPostgresError } from "@kite/adapters/postgres/EmbeddedPostgresError"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { Settings } from "@kite/adapters/settings/Settings"
import { SecureCookies } from "@kite/server/auth/sessions/RefreshCookie"
import { Context, Effect, Layer, Redacted } from "effect"

/** A secret of this installation, made once and kept in a file only its user can read. */
const keptSecret = (dataDir: string, name: string) =>
  Effect.promise(async () => {
    const path = join(dataDir, name)
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    if (!existsSync(path)) await writeFile(path, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" })
    return Redacted.make(await readFile(path, "utf8"))
  })

/** Browsers keep a Secure cookie of plain http on no host at all; only on loopback can it be done without. */
const isPlainLoopback = ({ HOST, PUBLIC_URL }: Settings["Service"]) =>
  (HOST === "localhost" || HOST === "::1" || HOST.startsWith("127.")) && !PUBLIC_URL?.startsWith("https:")

type EmbeddedLayer = (dataDir: string) => Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError>

/** `prepare` is done to an embedded database alone: another one is the operator's to migrate. */
const layerOn = <E>(postgres: EmbeddedLayer, prepare: Layer.Layer<never, E, Settings>) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const settings = yield* Settings.fromEnvironment
      const DATA_DIR = resolve(settings.DATA_DIR)
      const TOKEN_SECRET = settings.TOKEN_SECRET ?? (yield* keptSecret(DATA_DIR, "token-secret"))
      const kept = { ...settings, DATA_DIR, TOKEN_SECRET }
      const secure = Layer.succeed(SecureCookies, !isPlainLoopback(settings))
      if (settings.DATABASE_URL !== undefined) return Layer.merge(Layer.succeed(Settings, kept), secure)
      const { url, applicationUrl } = Context.get(yield* Layer.build(postgres(DATA_DIR)), EmbeddedPostgres)
      const REGISTRATION = settings.REGISTRATION ?? "open"
      const embedded = { ...kept, DATABASE_MIGRATE_URL: url, DATABASE_URL: applicationUrl, REGISTRATION }
      return Layer.provideMerge(prepare, Layer.merge(Layer.succeed(Settings, embedded), secure))
    })
  )

/**
 * The settings of a kite that needs nothing else on the machine: where the environment names no database and no secret,
 * a PostgreSQL of its own runs on the data directory and the secret is kept there.
 */
export const layer = layerOn((dataDir) => EmbeddedPostgres.layer({ dataDir }), Layer.empty)

/** The same for a command: it may run beside a `kite start` on the same data directory, then it uses its PostgreSQL, or before. */
export const layerShared = layerOn(EmbeddedPostgres.layerShared, Migrations.layer)
