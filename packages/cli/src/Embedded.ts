import { randomBytes } from "node:crypto"
import { join, resolve } from "node:path"
import { dataDirectoryError, openDataDirectory } from "@kite/adapters/data/DataDirectory"
import { createSecretFile, readSecretFile, SecretFileError } from "@kite/adapters/data/SecretFile"
import { EmbeddedPostgres } from "@kite/adapters/postgres/embedded/EmbeddedPostgres"
import type { EmbeddedPostgresError } from "@kite/adapters/postgres/embedded/EmbeddedPostgresError"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { Settings } from "@kite/adapters/settings/Settings"
import { SecureCookies } from "@kite/server/auth/sessions/RefreshCookie"
import { Context, Effect, Layer, Redacted } from "effect"

/** Without the old secret kite can go on: clients then refresh their access tokens once. */
const readKept = (path: string) =>
  readSecretFile(path, 32, "restore it from a backup, or remove it and kite creates another one")

const ifExists = (cause: NodeJS.ErrnoException) => {
  if (cause.code !== "EEXIST") throw cause
}

/** A secret of this installation, created once and kept in a file that only its user can read. */
const keptSecret = (dataDir: string, name: string) =>
  Effect.tryPromise({
    try: async () => {
      const path = join(dataDir, name)
      const kept = await readKept(path)
      if (kept !== undefined) return Redacted.make(kept)
      const created = randomBytes(32).toString("base64url")
      // Another command of kite may create it at the same time: what is in the file then is the secret.
      await createSecretFile(path, created).catch(ifExists)
      return Redacted.make((await readKept(path)) ?? created)
    },
    catch: (cause) => (cause instanceof SecretFileError ? cause : dataDirectoryError(dataDir, cause))
  })

/** Browsers reject Secure cookies over plain http, which only loopback may use. */
const isPlainLoopback = ({ HOST, PUBLIC_URL }: Settings["Service"]) =>
  (HOST === "localhost" || HOST === "::1" || HOST.startsWith("127.")) && !PUBLIC_URL?.startsWith("https:")

type EmbeddedLayer = (dataDir: string) => Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError>

/** `prepare` runs on an embedded database only: the operator migrates any other. */
const layerOn = <E>(postgres: EmbeddedLayer, prepare: Layer.Layer<never, E, Settings>) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const settings = yield* Settings.fromEnvironment
      const DATA_DIR = resolve(settings.DATA_DIR)
      if (settings.DATABASE_URL === undefined || settings.TOKEN_SECRET === undefined) {
        yield* openDataDirectory(DATA_DIR, settings.TOKEN_SECRET === undefined ? 0o700 : 0o755)
      }
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
 * The settings of a kite that needs nothing else: without DATABASE_URL it runs its own PostgreSQL in the data directory,
 * without TOKEN_SECRET it keeps one there.
 */
export const layer = layerOn((dataDir) => EmbeddedPostgres.layer({ dataDir }), Layer.empty)

/** The same for a command, which may run before or during `kite start` on the same data directory and shares its PostgreSQL. */
export const layerShared = layerOn(EmbeddedPostgres.layerShared, Migrations.layer)
