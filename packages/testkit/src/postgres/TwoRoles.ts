import * as Database from "@kite/adapters/postgres/Database"
import { Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestDatabase } from "./TestDatabase.ts"

/** Contains what generated passwords may contain: quotes, a space and characters that URLs encode. */
const password = `it's "a" b:c@d/e?f%`

const withLogin = (url: Redacted.Redacted<string>, role: string) => {
  const changed = new URL(Redacted.value(url))
  changed.username = role
  changed.password = encodeURIComponent(password)
  return Redacted.make(changed.href)
}

/** An empty database whose owner is not a superuser, and the URL of an application role that does not exist yet. */
export class TwoRoles extends Context.Service<
  TwoRoles,
  {
    readonly owner: string
    readonly ownerUrl: Redacted.Redacted<string>
    readonly applicationRole: string
    readonly applicationUrl: Redacted.Redacted<string>
  }
>()("@kite/testkit/postgres/TwoRoles") {
  static readonly layer = Layer.effect(
    TwoRoles,
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const database = new URL(Redacted.value(url)).pathname.slice(1)
      const [owner, applicationRole] = [`owner_${database}`, `app_${database}`]
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const secret = sql.literal(`'${password.replaceAll("'", "''")}'`)
        yield* sql`CREATE ROLE ${sql(owner)} LOGIN CREATEROLE PASSWORD ${secret}`
        yield* sql`ALTER DATABASE ${sql(database)} OWNER TO ${sql(owner)}`
      }).pipe(Effect.provide(Database.layerUrl(url)), Effect.orDie)
      return TwoRoles.of({
        owner,
        ownerUrl: withLogin(url, owner),
        applicationRole,
        applicationUrl: withLogin(url, applicationRole)
      })
    })
  ).pipe(Layer.provideMerge(TestDatabase.layerEmpty))
}
