import * as Database from "@kite/adapters/postgres/Database"
import { EmbeddedPostgres } from "@kite/adapters/postgres/embedded/EmbeddedPostgres"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { Settings } from "@kite/adapters/settings/Settings"
import { UserId } from "@kite/domain/users/User"
import { AccessTokens } from "@kite/server/auth/tokens/AccessTokens"
import { RevokedSessions } from "@kite/server/auth/tokens/RevokedSessions"
import { TokenKeys } from "@kite/server/auth/tokens/TokenKeys"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Layer, Redacted } from "effect"

const database = Layer.unwrap(
  Effect.gen(function* () {
    const { url } = yield* EmbeddedPostgres
    return Layer.effectDiscard(Migrations.migrate(url)).pipe(Layer.provideMerge(Database.layerUrl(url)))
  })
).pipe(Layer.provide(Layer.unwrap(Effect.map(temporaryDirectory, (dataDir) => EmbeddedPostgres.layer({ dataDir })))))

const tokens = AccessTokens.layerNoDeps.pipe(
  Layer.provide([TokenKeys.layer, RevokedSessions.layer]),
  Layer.provide(database),
  Layer.provide(Settings.layerOf({ TOKEN_SECRET: "a secret of the bench, and of nobody else" }))
)

const claims = (index: number) => ({
  sub: UserId.make("01a20547-7f9d-76a0-9327-1ddeec11e89a"),
  role: "user" as const,
  sid: `session ${index}`
})

/** Microseconds per check, of known tokens and of new tokens. */
export const measureVerify = Effect.gen(function* () {
  const { issue, verify } = yield* AccessTokens
  const known = yield* Effect.forEach(
    Array.from({ length: 1_000 }, (_, index) => claims(index)),
    issue
  )
  const redacted = known.map((token) => Redacted.make(token))
  const round = Effect.forEach(redacted, verify, { discard: true })
  const timed = Effect.fnUntraced(function* (rounds: number) {
    const start = performance.now()
    for (let index = 0; index < rounds; index++) yield* round
    return ((performance.now() - start) / rounds / redacted.length) * 1_000
  })
  const first = yield* timed(1)
  yield* timed(50)
  return { first, warm: yield* timed(300) }
}).pipe(Effect.provide(tokens))
