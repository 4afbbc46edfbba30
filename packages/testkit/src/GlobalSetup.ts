import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Database from "@kite/adapters/postgres/Database"
import { EmbeddedPostgres } from "@kite/adapters/postgres/embedded/EmbeddedPostgres"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { connect } from "@kite/adapters/redis/Redis"
import { Effect, Exit, Layer, Redacted, Scope } from "effect"
import { SqlClient } from "effect/sql"
import type { TestProject } from "vitest/node"
import { onDatabase } from "./postgres/DatabaseUrl.ts"
import { atExit } from "./processes/AtExit.ts"
import { temporaryDirectory } from "./processes/TemporaryDirectory.ts"
import { RedisUnavailable } from "./redis/RedisProgram.ts"
import { startRedis } from "./redis/RedisServer.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The server of this run, with its database `postgres`. Suites use `testDatabase`. */
    postgresUrl: string
    /** The Redis of this run. Suites use `TestRedis`, or `startRedis` if they freeze or kill it. */
    redisUrl: string
  }
}

/** Used only by this run and removed after it, so it need not survive a power cut. */
const settings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "200" }

const postgres = Effect.gen(function* () {
  const dataDir = yield* temporaryDirectory
  yield* atExit(() =>
    process.kill(Number.parseInt(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10))
  )
  const context = yield* Layer.build(EmbeddedPostgres.layer({ dataDir, settings }))
  const { url } = yield* Effect.provide(EmbeddedPostgres, context)
  yield* SqlClient.SqlClient.use((sql) => sql`CREATE DATABASE template_kite`).pipe(
    Effect.provide(Database.layerUrl(onDatabase(url, "postgres")))
  )
  yield* Migrations.migrate(onDatabase(url, "template_kite"))
  return Redacted.value(onDatabase(url, "postgres"))
})

const redis = Effect.suspend(() => {
  const { REDIS_URL: url = "" } = process.env
  if (url === "") return startRedis
  return connect(Redacted.make(url)).pipe(
    Effect.flatMap((client) => Effect.tryPromise(() => client.ping())),
    Effect.mapError(() => new RedisUnavailable({ message: "the Redis of REDIS_URL does not answer" })),
    Effect.as({ url, source: "REDIS_URL" })
  )
})

/** Starts the real parts once for the whole run, and stops only what it started. */
export default async function setup(project: TestProject) {
  const scope = Scope.makeUnsafe()
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const parts = Effect.all([postgres, redis], { concurrency: 2 }).pipe(Scope.provide(scope))
  const [postgresUrl, { url, source }] = await Effect.runPromise(parts).catch((cause) =>
    close().then(() => Promise.reject(cause))
  )
  console.log(`real parts: PostgreSQL from npm, Redis from ${source}`)
  project.provide("postgresUrl", postgresUrl)
  project.provide("redisUrl", url)
  return close
}
