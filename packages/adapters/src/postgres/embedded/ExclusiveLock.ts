import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

/**
 * Holds the file exclusively until the scope closes. Node has no flock, but SQLite's exclusive transaction takes the kernel's
 * file lock: no second process gets it, and it ends with its holder, even one that is killed. A pid file does neither.
 */
export const exclusiveLock = (path: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const file = new DatabaseSync(path)
        file.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE")
        return file
      },
      catch: (cause) =>
        cause instanceof Error && /database is locked/.test(cause.message)
          ? new EmbeddedPostgresError({ reason: "locked", detail: `another kite uses ${path}` })
          : cause instanceof Error && /unable to open|readonly/.test(cause.message)
            ? new EmbeddedPostgresError({ reason: "not-writable", detail: `cannot open ${path}` })
            : EmbeddedPostgresError.from(cause)
    }),
    (file) => Effect.sync(() => file.close())
  )
