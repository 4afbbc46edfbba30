import { randomUUID } from "node:crypto"
import * as Database from "@kite/adapters/postgres/Database"
import { Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { inject } from "vitest"
import { onDatabase } from "./DatabaseUrl.ts"

/** A database for one suite, dropped with the layer's scope. */
export class TestDatabase extends Context.Service<
  TestDatabase,
  {
    /** For child processes, and for a second pool. */
    readonly url: Redacted.Redacted<string>
  }
>()("@kite/testkit/postgres/TestDatabase") {
  /** Migrated: a copy of the run's template. */
  static readonly layer = Layer.suspend(() => copyOf("template_kite"))
  /** Without tables. */
  static readonly layerEmpty = Layer.suspend(() => copyOf("template1"))
}

const copyOf = (template: string) =>
  Layer.effect(
    TestDatabase,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const name = `test_${randomUUID().replaceAll("-", "")}`
      yield* Effect.acquireRelease(sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(template)}`, () =>
        Effect.orDie(sql`DROP DATABASE ${sql(name)} WITH (FORCE)`)
      )
      return TestDatabase.of({ url: onDatabase(Redacted.make(inject("postgresUrl")), name) })
    })
  ).pipe(Layer.provide(Database.layerUrl(Redacted.make(inject("postgresUrl")))), Layer.orDie)

/** TestDatabase and an SqlClient on it. Every build creates a new database. */
export const testDatabase = Layer.unwrap(
  Effect.map(TestDatabase, ({ url }) => Layer.orDie(Database.layerUrl(url, { applicationName: "test" })))
).pipe(Layer.provideMerge(TestDatabase.layer))
