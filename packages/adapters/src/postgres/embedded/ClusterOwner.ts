import { readFile, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

/** PostgreSQL refuses to run as root, so root starts it as this user, `nobody`. */
const nobody = 65534

/** The user that owns the cluster and runs PostgreSQL, and how to start a program as that user. */
export interface ClusterOwner {
  readonly uid: number
  readonly gid: number
  /** The command, its arguments and the spawn options that start `program` as the owner. */
  command(
    program: string,
    args: ReadonlyArray<string>
  ): readonly [string, Array<string>, { uid?: number; gid?: number }]
}

const self = (uid: number): ClusterOwner => ({
  uid,
  gid: process.getegid?.() ?? -1,
  command: (program, args) => [program, [...args], {}]
})

const systemCall = <A>(call: () => Promise<A>) => Effect.tryPromise({ try: call, catch: EmbeddedPostgresError.from })

const ancestors = (path: string): ReadonlyArray<string> =>
  path === dirname(path) ? [path] : [path, ...ancestors(dirname(path))]

/** Whether every user may enter every directory above the path. */
const isReachable = Effect.fnUntraced(function* (path: string) {
  const modes = yield* Effect.forEach(ancestors(dirname(path)), (directory) => systemCall(() => stat(directory)))
  return modes.every(({ mode }) => (mode & 0o001) !== 0)
})

/** The name of a capability of this process that lets a program enter closed directories. */
const passCapability = systemCall(() => readFile("/proc/self/status", "utf8")).pipe(
  Effect.map((status) => Number(/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]?.slice(-2).replace(/^/, "0x"))),
  Effect.map((bits) => (bits & 0b100 ? "dac_read_search" : bits & 0b010 ? "dac_override" : undefined)),
  Effect.orElseSucceed(() => undefined)
)

/**
 * The user that runs PostgreSQL on the cluster: this process's own or, as root, the cluster's owner, else `nobody`. Below a
 * directory that is closed to others (`/root`, a `mktemp -d`) util-linux' `setpriv` gives that user the one capability to
 * enter it; if that is impossible, the error says so.
 */
export const clusterOwner = Effect.fnUntraced(function* (cluster: string, binary: string) {
  const uid = process.geteuid?.() ?? -1
  if (uid !== 0) return self(uid)
  const existing = yield* systemCall(() => stat(cluster)).pipe(Effect.orElseSucceed(() => undefined))
  const owner =
    existing === undefined || existing.uid === 0
      ? { uid: nobody, gid: nobody }
      : { uid: existing.uid, gid: existing.gid }
  if ((yield* isReachable(cluster)) && (yield* isReachable(binary))) {
    return { ...owner, command: (program, args) => [program, [...args], owner] } satisfies ClusterOwner
  }
  const capability = yield* passCapability
  if (capability === undefined) {
    return yield* new EmbeddedPostgresError({
      reason: "not-writable",
      detail: `user ${owner.uid}, which runs PostgreSQL for root, cannot enter ${dirname(cluster)} or ${dirname(binary)}: start kite as another user, or run chmod o+x on the directories above them`
    })
  }
  const privileges = [
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    "--clear-groups",
    // Without this, access(2), with which initdb finds postgres, ignores the capability.
    "--securebits=+no_setuid_fixup",
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`
  ]
  return {
    ...owner,
    command: (program, args) => ["setpriv", [...privileges, program, ...args], {}]
  } satisfies ClusterOwner
})
