import { chown, lstat, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Deferred, Effect, Layer, Schedule } from "effect"
import { locateBinaries } from "./Binaries.ts"
import { type Cluster, openCluster } from "./Cluster.ts"
import { attach, type ConnectionUrls, onSocket } from "./ConnectionUrls.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { startServer } from "./ServerProcess.ts"

export interface EmbeddedPostgresOptions {
  /** Holds `postgres/` (the cluster and its socket), `postgres-password`, `postgres.log` and `postgres.lock`. */
  readonly dataDir: string
  /** Settings of postgresql.conf; they override kite's. */
  readonly settings?: Readonly<Record<string, string>>
}

/** For one kite on a small machine: 25 MB when idle. `listen_addresses` is empty: PostgreSQL has a socket and no port. */
const defaults = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  max_connections: "50",
  shared_buffers: "64MB",
  max_wal_size: "512MB",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_min_messages: "warning"
}

/**
 * The path of a socket may have 103 bytes (macOS); in a deep data directory it would be longer. Then the socket is in a new directory
 * of a random name, which nobody else can have made before; it goes with the scope. Other kites find it by `postmaster.pid`.
 */
const socketDirectory = Effect.fnUntraced(function* ({ directory, owner }: Cluster) {
  if (Buffer.byteLength(join(directory, ".s.PGSQL.5432")) <= 100) return directory
  const attempt = <A>(call: () => Promise<A>) => Effect.tryPromise({ try: call, catch: EmbeddedPostgresError.from })
  const made = yield* Effect.acquireRelease(
    attempt(() => mkdtemp(join(tmpdir(), "kite-"))),
    (path) => Effect.ignore(attempt(() => rm(path, { recursive: true, force: true })))
  )
  yield* attempt(() => chown(made, owner.uid, owner.gid))
  const { mode, uid } = yield* attempt(() => lstat(made))
  if ((mode & 0o7777) === 0o700 && (owner.uid === -1 || uid === owner.uid)) return made
  return yield* new EmbeddedPostgresError({
    reason: "failed",
    detail: `${made}, the directory of its socket, is open to other users: set TMPDIR to a directory that keeps modes`
  })
})

const make = Effect.fnUntraced(function* (options: EmbeddedPostgresOptions) {
  const binaries = yield* locateBinaries
  const cluster = yield* openCluster(options.dataDir, binaries)
  const socket = yield* socketDirectory(cluster)
  const settings = { ...defaults, unix_socket_directories: socket, ...options.settings }
  const started = yield* Deferred.make<void, EmbeddedPostgresError>()
  // A postmaster ends by itself only when it is killed (out of memory). The pool then reconnects to the next one.
  yield* startServer(binaries, cluster, settings).pipe(
    Effect.tap(() => Deferred.succeed(started, undefined)),
    Effect.flatMap((postgres) => postgres.exited),
    Effect.flatMap((status) => Effect.logError(`PostgreSQL ended unexpectedly with ${status}; restarting it`)),
    Effect.scoped,
    Effect.catch((error) =>
      Effect.flatMap(Deferred.fail(started, error), (isFirst) => (isFirst ? Effect.never : Effect.logError(error)))
    ),
    Effect.repeat(Schedule.spaced("500 millis")),
    Effect.forkScoped
  )
  yield* Deferred.await(started)
  return yield* onSocket(socket, cluster.password)
})

const isLocked = ({ reason }: EmbeddedPostgresError) => reason === "locked"

/** Waits up to 30 s for another kite that is starting or stopping. */
const share = (dataDir: string) =>
  make({ dataDir }).pipe(
    Effect.catchIf(isLocked, () => attach(dataDir)),
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 300, while: isLocked })
  )

/**
 * A real PostgreSQL that kite runs itself: binaries from npm, data in the data directory, stopped with the scope.
 * Operators connect with `psql -h <dataDir>/postgres -U kite kite` and the password in `<dataDir>/postgres-password`.
 */
export class EmbeddedPostgres extends Context.Service<EmbeddedPostgres, ConnectionUrls>()(
  "@kite/adapters/postgres/embedded/EmbeddedPostgres"
) {
  static readonly layer = (options: EmbeddedPostgresOptions): Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError> =>
    Layer.effect(EmbeddedPostgres, make(options))

  /** Its own PostgreSQL, or the one that another kite runs on the data directory, which ends with that kite. */
  static readonly layerShared = (dataDir: string): Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError> =>
    Layer.effect(EmbeddedPostgres, share(dataDir))
}
