import { TokenKeys } from "@kite/server/auth/tokens/TokenKeys"
import { Console, Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as Embedded from "../Embedded.ts"
import * as Infrastructure from "../Infrastructure.ts"
import * as Logging from "../Logging.ts"

const keys = TokenKeys.layer.pipe(
  Layer.provide(Infrastructure.layerDatabase),
  Layer.provide(Logging.layer("keys")),
  Layer.provide(Embedded.layerShared)
)

const rotate = Command.make("rotate", {}, () =>
  Effect.gen(function* () {
    const kid = yield* Effect.flatMap(TokenKeys, (service) => service.rotate)
    yield* Console.log(
      `New key ${kid}. It signs tokens in 15 seconds; tokens of the previous key stay valid for up to 15 minutes.`
    )
  }).pipe(Effect.provide(keys))
).pipe(Command.withDescription("Sign access tokens with a new key. Nobody is logged out"))

export const keysCommand = Command.make("keys").pipe(
  Command.withDescription("Manage the keys that sign access tokens"),
  Command.withSubcommands([rotate])
)
