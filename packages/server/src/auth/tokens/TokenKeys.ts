import { createSecretKey, type KeyObject, randomBytes } from "node:crypto"
import { decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import { Clock, Context, Effect, Layer, Option, Redacted, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../../audit/AuditLog.ts"
import { open, seal } from "./Seal.ts"

/** How long an access token is valid, in seconds. */
export const accessTokenSeconds = 15 * 60
/** How long after its creation a key begins to sign, in ms: by then every instance has read it. */
export const signingDelay = 15_000
const reloadInterval = "5 seconds"
/** How long after its creation the newest key replaces the previous one, in ms: by then its last token has expired. */
const overlap = signingDelay + (accessTokenSeconds + 60) * 1000
const purpose = "access token key"

/** A key for HS256: 256 random bits. `kid` is public: every token names it. */
export interface TokenKey {
  readonly kid: string
  readonly key: KeyObject
  /** Milliseconds since the epoch, by the database's clock. */
  readonly createdAt: number
}

const KeyRow = Schema.Struct({
  kid: Schema.String,
  sealed: Schema.Uint8Array,
  createdAt: Schema.DateTimeUtcFromDate
})

/**
 * The keys that sign access tokens: in the database, sealed with TOKEN_SECRET. The two newest are valid together: the newest
 * signs from 15 s after its creation, the previous one verifies until its last token has expired.
 */
export class TokenKeys extends Context.Service<
  TokenKeys,
  {
    readonly signing: Effect.Effect<TokenKey>
    /** Undefined if the key is unknown or retired. */
    readonly find: (kid: string) => Effect.Effect<KeyObject | undefined>
    /** Adds a key, records that in the audit log, and returns its kid. Two rotations retire an existing key at once. */
    readonly rotate: Effect.Effect<string>
  }
>()("@kite/server/auth/tokens/TokenKeys") {
  static readonly layerNoDeps = Layer.effect(
    TokenKeys,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const audit = yield* AuditLog
      const { TOKEN_SECRET: secret } = yield* Settings
      if (secret === undefined) return yield* Effect.die(new Error("TOKEN_SECRET must be set"))
      const decode = decodeRows(KeyRow)

      const insert = Effect.gen(function* () {
        const kid = randomBytes(8).toString("hex")
        const sealed = seal(secret, purpose, Redacted.make(randomBytes(32).toString("base64url")))
        yield* orDefect(sql`INSERT INTO token_keys (kid, sealed) VALUES (${kid}, ${sealed})`)
        return kid
      })

      /** The two newest keys; those sealed with another TOKEN_SECRET are skipped. */
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

      /** Instances that start at the same time on an empty table agree on one first key. */
      const readOrCreate = Effect.gen(function* () {
        yield* sql`SELECT pg_advisory_xact_lock(hashtext('kite token_keys'))`
        const found = yield* read
        if (found.length > 0) return found
        yield* insert
        return yield* read
      }).pipe(sql.withTransaction, (self) => orDefect(self))

      let keys = yield* readOrCreate
      const reload = Effect.map(read, (found) => {
        if (found.length > 0) keys = found
      })
      yield* reload.pipe(
        Effect.catchCause((cause) => Effect.logWarning("Could not reload the signing keys", cause)),
        Effect.repeat(Schedule.spaced(reloadInterval)),
        Effect.forkScoped
      )

      const signing = Effect.map(Clock.currentTimeMillis, (now): TokenKey => {
        const [newest, previous] = keys
        if (newest === undefined) throw new Error("There is no signing key")
        return previous !== undefined && now < newest.createdAt + signingDelay ? previous : newest
      })

      return TokenKeys.of({
        signing,
        find: Effect.fnUntraced(function* (kid) {
          const [newest, previous] = keys
          if (newest?.kid === kid) return newest.key
          if (newest === undefined || previous?.kid !== kid) return undefined
          return (yield* Clock.currentTimeMillis) < newest.createdAt + overlap ? previous.key : undefined
        }),
        rotate: insert.pipe(
          Effect.tap((kid) => audit.record({ action: "keys_rotated", details: { kid } })),
          sql.withTransaction,
          (self) => orDefect(self),
          Effect.tap(() => reload)
        )
      })
    })
  )

  static readonly layer = TokenKeys.layerNoDeps.pipe(Layer.provide(AuditLog.layer))
}
