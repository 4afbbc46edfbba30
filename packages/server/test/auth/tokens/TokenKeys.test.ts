import { assert } from "@effect/vitest"
import { Settings } from "@kite/adapters/settings/Settings"
import { signingDelay, TokenKeys } from "@kite/server/auth/tokens/TokenKeys"
import { eventually } from "@kite/testkit/Eventually"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"

/** The keys as another instance sees them. */
const instance = (secret = "a secret of the tests, and of nobody else") =>
  Effect.map(
    Layer.build(
      Layer.fresh(TokenKeys.layer).pipe(Layer.provide(Layer.fresh(Settings.layerOf({ TOKEN_SECRET: secret }))))
    ),
    (context) => Context.get(context, TokenKeys)
  )

/** Empties the table, as on a new kite. */
const forget = SqlClient.SqlClient.use((sql) => sql`DELETE FROM token_keys`)

/** Makes every key older, instead of waiting. */
const wait = (seconds: number) =>
  SqlClient.SqlClient.use(
    (sql) => sql`UPDATE token_keys SET created_at = created_at - make_interval(secs => ${seconds})`
  )

suite(testDatabase)("signing keys", (it) => {
  it.effect("start as a single key, although several instances start on an empty database at the same time", () =>
    Effect.gen(function* () {
      yield* forget
      const instances = yield* Effect.all(
        Array.from({ length: 6 }, () => instance()),
        { concurrency: "unbounded" }
      )
      const kids = yield* Effect.forEach(instances, ({ signing }) => Effect.map(signing, ({ kid }) => kid))
      assert.lengthOf(new Set(kids), 1)
      const sql = yield* SqlClient.SqlClient
      assert.lengthOf(yield* sql`SELECT 1 FROM token_keys`, 1)
    })
  )

  it.effect(
    "rotate without a gap: both verify, the new one signs once every instance has it, the old one ends with its tokens",
    () =>
      Effect.gen(function* () {
        yield* forget
        const { signing: before } = yield* instance()
        const old = yield* before
        yield* wait(3600)
        const rotating = yield* instance()
        const kid = yield* rotating.rotate
        assert.strictEqual((yield* rotating.signing).kid, old.kid)
        assert.isDefined(yield* rotating.find(old.kid))
        assert.isDefined(yield* rotating.find(kid))
        yield* wait(16)
        const later = yield* instance()
        assert.strictEqual((yield* later.signing).kid, kid)
        assert.isDefined(yield* later.find(old.kid))
        yield* wait(16 * 60)
        const last = yield* instance()
        assert.isUndefined(yield* last.find(old.kid))
        assert.isDefined(yield* last.find(kid))
      })
  )

  it.effect("are two at most: a second rotation retires a leaked key at once", () =>
    Effect.gen(function* () {
      yield* forget
      const keys = yield* instance()
      const { kid: leaked } = yield* keys.signing
      yield* keys.rotate
      yield* keys.rotate
      assert.isUndefined(yield* keys.find(leaked))
    })
  )

  it.effect("reach every running instance before they sign", () =>
    Effect.gen(function* () {
      yield* forget
      const [here, there] = [yield* instance(), yield* instance()]
      for (let round = 0; round < 2; round++) {
        const kid = yield* here.rotate
        yield* eventually(there.find(kid), (key) => key !== undefined, signingDelay - 5_000)
      }
    })
  )

  it.effect("are sealed: another TOKEN_SECRET gets a key of its own, and the database holds none in clear text", () =>
    Effect.gen(function* () {
      yield* forget
      const { signing } = yield* instance()
      const { kid, key } = yield* signing
      const other = yield* instance("another secret of the tests, and of nobody else")
      assert.notStrictEqual((yield* other.signing).kid, kid)
      assert.isUndefined(yield* other.find(kid))
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ sealed: Uint8Array }>`SELECT sealed FROM token_keys`
      for (const { sealed } of rows) {
        assert.isFalse(Buffer.from(sealed).includes(key.export()))
        assert.isFalse(Buffer.from(sealed).includes(key.export().toString("base64url")))
      }
    })
  )
})
