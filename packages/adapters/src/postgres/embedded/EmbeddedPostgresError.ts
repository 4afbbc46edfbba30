import { Schema } from "effect"

/**
 * The embedded PostgreSQL cannot run. `reason`:
 * `unsupported-platform` no binaries of this platform are installed; `locked` another kite uses the data directory;
 * `wrong-version` the cluster was made by another major version; `not-writable` the data directory cannot be written or
 * entered; `disk-full`; `timed-out` it did not get ready in time; `failed` anything else, `detail` says what.
 */
export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()("EmbeddedPostgresError", {
  reason: Schema.Literals([
    "unsupported-platform",
    "locked",
    "wrong-version",
    "not-writable",
    "disk-full",
    "timed-out",
    "failed"
  ]),
  detail: Schema.String
}) {
  override get message() {
    return `PostgreSQL (${this.reason}): ${this.detail}`
  }

  /** Reads the reason out of a system error or out of what PostgreSQL wrote. */
  static from(cause: unknown): EmbeddedPostgresError {
    if (cause instanceof EmbeddedPostgresError) return cause
    const detail = cause instanceof Error ? cause.message : String(cause)
    const reason = symptoms.find(([pattern]) => pattern.test(detail))?.[1] ?? "failed"
    return new EmbeddedPostgresError({ reason, detail })
  }
}

const symptoms: ReadonlyArray<readonly [RegExp, EmbeddedPostgresError["reason"]]> = [
  [/ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/, "disk-full"],
  [/EACCES|EPERM|EROFS|ENOTDIR|Permission denied|Read-only file system/, "not-writable"],
  [/lock file ".*" already exists|is still in use/, "locked"],
  [/database files are incompatible with server/, "wrong-version"]
]
