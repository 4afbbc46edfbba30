import { Schema } from "effect"

/**
 * The embedded PostgreSQL cannot run. `reason`:
 * `unsupported-platform` no binaries for this platform are installed; `locked` another kite uses the data directory;
 * `wrong-version` another major version created the cluster; `not-writable` the data directory cannot be written or
 * entered; `disk-full`; `timed-out` it was not ready in time; `failed` anything else, see `detail`.
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
    const detail = this.detail.replace(/\s+/g, " ").slice(-maxDetail)
    return `The embedded PostgreSQL cannot run (${this.reason}): ${detail}${advice[this.reason] ?? ""}`
  }

  /** Finds the reason in a system error or in PostgreSQL's output. */
  static from(cause: unknown): EmbeddedPostgresError {
    if (cause instanceof EmbeddedPostgresError) return cause
    const detail = cause instanceof Error ? cause.message : String(cause)
    const reason = symptoms.find(([pattern]) => pattern.test(detail))?.[1] ?? "failed"
    return new EmbeddedPostgresError({ reason, detail })
  }
}

/** Characters of the detail in a message: the end, where programs say what failed. */
const maxDetail = 300

const advice: Partial<Record<EmbeddedPostgresError["reason"], string>> = {
  locked: ". Stop it, or set another DATA_DIR",
  "not-writable": ". Give this user the right to write to DATA_DIR, or set another one",
  "disk-full": ". Free some space, or set another DATA_DIR",
  "timed-out": ". Start kite again when the machine is less busy"
}

const symptoms: ReadonlyArray<readonly [RegExp, EmbeddedPostgresError["reason"]]> = [
  [/ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/, "disk-full"],
  [/EACCES|EPERM|EROFS|ENOTDIR|Permission denied|Read-only file system/, "not-writable"],
  [/lock file ".*" already exists|is still in use/, "locked"],
  [/database files are incompatible with server/, "wrong-version"]
]
