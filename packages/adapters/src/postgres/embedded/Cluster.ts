import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chown, mkdir, readFile, rename, rm } from "node:fs/promises"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { Effect, Redacted } from "effect"
import { createDirectory } from "../../data/DataDirectory.ts"
import { createSecretFile, readSecretFile } from "../../data/SecretFile.ts"
import type { Binaries } from "./Binaries.ts"
import { type ClusterOwner, clusterOwner } from "./ClusterOwner.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { exclusiveLock } from "./ExclusiveLock.ts"
import { stopOrphan } from "./Postmaster.ts"

/** A data directory that this process holds alone until the scope closes; created if it is missing. */
export interface Cluster {
  /** PGDATA: `<dataDir>/postgres`, absolute. */
  readonly directory: string
  readonly owner: ClusterOwner
  readonly password: Redacted.Redacted<string>
}

/** The role that owns everything, and the name of the database. */
export const roleName = "kite"

const run = promisify(execFile)
const attempt = <A>(call: () => Promise<A>) => Effect.tryPromise({ try: call, catch: EmbeddedPostgresError.from })
const optional = <A>(call: () => Promise<A>) =>
  attempt(call).pipe(
    Effect.map((value): A | undefined => value),
    Effect.catchIf(
      (error) => error.detail.startsWith("ENOENT"),
      () => Effect.succeed(undefined)
    )
  )

/** The owner's password, if there is a file with it. */
export const readPassword = (path: string, advice = "restore it from a backup") =>
  attempt(() => readSecretFile(path, 1, advice)).pipe(
    Effect.map((text) => (text === undefined ? undefined : Redacted.make(text)))
  )

/** Beside the cluster, not in it: a backup of the cluster does not contain its password. Mode 0600. */
const password = Effect.fnUntraced(function* (path: string, owner: ClusterOwner, isNew: boolean) {
  const stored = yield* readPassword(path, isNew ? "remove it" : undefined)
  if (stored !== undefined) return stored
  if (!isNew) {
    return yield* new EmbeddedPostgresError({
      reason: "failed",
      detail: `${path} with the password of the cluster is missing: restore it from a backup`
    })
  }
  const created = randomBytes(24).toString("base64url")
  yield* attempt(() => createSecretFile(path, created, owner))
  return Redacted.make(created)
})

/** initdb works in a directory of another name, so that a half-made cluster is never used. */
const initialise = Effect.fnUntraced(function* (
  binaries: Binaries,
  owner: ClusterOwner,
  directory: string,
  passwordFile: string
) {
  const unfinished = `${directory}.unfinished`
  yield* attempt(() => rm(unfinished, { recursive: true, force: true }))
  yield* attempt(() => mkdir(unfinished, { mode: 0o700 }))
  yield* attempt(() => chown(unfinished, owner.uid, owner.gid))
  const [command, args, user] = owner.command(binaries.initdb, [
    `--pgdata=${unfinished}`,
    `--username=${roleName}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions"
  ])
  yield* attempt(() => run(command, args, { ...user, cwd: "/", env: { LC_ALL: "C", TZ: "UTC" }, timeout: 60_000 }))
  yield* attempt(() => rename(unfinished, directory))
})

export const openCluster = Effect.fnUntraced(function* (dataDir: string, binaries: Binaries) {
  const root = resolve(dataDir)
  const directory = join(root, "postgres")
  yield* attempt(() => createDirectory(root, 0o755))
  yield* exclusiveLock(join(root, "postgres.lock"))
  const owner = yield* clusterOwner(directory, binaries.postgres)
  const version = yield* optional(() => readFile(join(directory, "PG_VERSION"), "utf8"))
  if (version !== undefined && version.trim() !== binaries.majorVersion) {
    return yield* new EmbeddedPostgresError({
      reason: "wrong-version",
      detail: `${directory} is of PostgreSQL ${version.trim()}, but this kite has ${binaries.majorVersion}: dump the data with the old kite and restore them with this one`
    })
  }
  const secret = yield* password(join(root, "postgres-password"), owner, version === undefined)
  if (version === undefined) yield* initialise(binaries, owner, directory, join(root, "postgres-password"))
  else yield* stopOrphan(directory)
  return { directory, owner, password: secret } satisfies Cluster
})
