import { createSecretKey, type KeyObject, randomBytes } from "node:crypto"
import { decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import { Clock, Context, Effect, Layer, Option, Redacted, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { accessTokenSeconds } from "../AccessTokenLifetime.ts"
import { open, seal } from "./Seal.ts"

/** A key begins to sign so long after it was made, in ms: by then every instance has read it. */
export const signingDelay = 15_000
const reloadInterval = "5 seconds"
/** When the newest key has signed for so long, in ms, no token of the one before it is alive. */
const overlap = signingDelay + (accessTokenSeconds + 60) * 1000
const purpose = "access token key"

/** A key for HS256: 256 random bits. `kid` is public, it stands in every token. */
export interface TokenKey {
  readonly kid: string
  readonly key: KeyObject
  /** ms of the epoch, by the database's clock. */
  readonly createdAt: number
}

const KeyRow = Schema.Struct({
  kid: Schema.String,
  sealed: Schema.Uint8Array,
  createdAt: Schema.DateTimeUtcFromDate
})

/**
 * The keys that sign access tokens: in the database, sealed with TOKEN_SECRET. The two newest are valid at once; the newest
 * signs from 15 s after its making, the one before it is checked until its last token has expired.
 */
export class TokenKeys extends Context.Service<
  TokenKeys,
  {
    readonly signing: Effect.Effect<TokenKey>
    /** Undefined where the key is unknown or retired. */
    readonly find: (kid: string) => Effect.Effect<KeyObject | undefined>
    /** Adds a key; answers its kid. The second rotation after it retires it at once. */
    readonly rotate: Effect.Effect<string>
  }
>()("@kite/server/auth/TokenKeys") {
  static readonly layer = Layer.effect(
    TokenKeys,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { TOKEN_SECRET: secret } = yield* Settings
      if (secret === undefined) return yield* Effect.die(new Error("TOKEN_SECRET must be set"))
      const decode = decodeRows(KeyRow)

      const insert = Effect.gen(function* () {
        const kid = randomBytes(8).toString("hex")
        const sealed = seal(secret, purpose, Redacted.make(randomBytes(32).toString("base64url")))
        yield* orDefect(sql`INSERT INTO token_keys (kid, sealed) VALUES (${kid}, ${sealed})`)
        return kid
      })

      /** The two newest; what another TOKEN_SECRET sealed is no key. */
      const read = Effect.map(
        decode(sql`SELECT kid, sealed, created_at FROM token_keys ORDER BY created_at DESC LIMIT 2`),
        (rows) =>
          rows.flatMap(({ kid, sealed, createdAt }): ReadonlyArray<TokenKey> => {
            const plain = open(secret, purpose, sealed)
            if (Option.isNone(plain)) return []
            const key = createSecretKey(Redacted.value(plain.value), "base64url")
            return [{ kid, key, createdAt: createdAt.epochMilliseconds }]
          })
      )

      /** Instances that start on an empty table at once agree on one first key. */
      const readOrMake = Effect.gen(function* () {
        yield* sql`SELECT pg_advisory_xact_lock(hashtext('kite token_keys'))`
        const found = yield* read
        if (found.length > 0) return found
        yield* insert
        return yield* read
      }).pipe(sql.withTransaction, (self) => orDefect(self))

      let keys = yield* readOrMake
      const reload = Effect.map(read, (found) => {
        if (found.length > 0) keys = found
      })
      yield* reload.pipe(
        Effect.catchCause((cause) => Effect.logWarning("The signing keys could not be read again", cause)),
        Effect.repeat(Schedule.spaced(reloadInterval)),
        Effect.forkScoped
      )

      const signing = Effect.map(Clock.currentTimeMillis, (now): TokenKey => {
        const [newest, before] = keys
        if (newest === undefined) throw new Error("There is no key")
        return before !== undefined && now < newest.createdAt + signingDelay ? before : newest
      })

      return TokenKeys.of({
        signing,
        find: Effect.fnUntraced(function* (kid) {
          const [newest, before] = keys
          if (newest?.kid === kid) return newest.key
          if (newest === undefined || before?.kid !== kid) return undefined
          return (yield* Clock.currentTimeMillis) < newest.createdAt + overlap ? before.key : undefined
        }),
        rotate: Effect.tap(insert, () => reload)
      })
    })
  )
}
