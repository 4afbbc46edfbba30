import { NodeFileSystem } from "@effect/platform-node"
import { Mailer } from "@kite/adapters/mail/Mailer"
import { MailSpread } from "@kite/adapters/mail/MailQueue"
import type { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Settings } from "@kite/adapters/settings/Settings"
import { policyTable } from "@kite/domain/limits/RateLimitPolicy"
import * as Http from "@kite/server/Http"
import { RateLimiter } from "@kite/server/limits/RateLimiter"
import { Context, Effect, FileSystem, Layer, References } from "effect"
import { HttpServer } from "effect/http"
import { testDatabase } from "../postgres/TestDatabase.ts"

/** Only tests about limits set lower ones: all others send many requests from one address. */
const unlimited = Object.fromEntries(Object.values(policyTable).map(({ setting }) => [setting, "1000000/1s"]))

const variables = {
  PORT: "0",
  TOKEN_SECRET: "a secret of the tests, and of nobody else",
  REGISTRATION: "open",
  ...unlimited
}

/** Objects in a folder that goes with the scope. */
const temporaryObjects = Layer.unwrap(
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return ObjectStoreFileSystem.layer(yield* files.makeTempDirectoryScoped({ prefix: "kite-objects-" }))
  })
).pipe(Layer.provide(NodeFileSystem.layer), Layer.orDie)

const quiet = Layer.succeed(References.MinimumLogLevel, "Fatal" as const)

interface Parts {
  /** Environment variables on top of the tests' own. */
  readonly variables?: Readonly<Record<string, string>>
  readonly objects?: Layer.Layer<ObjectStore>
  readonly database?: typeof testDatabase
  /** Counts in memory by default, whatever REDIS_URL is. */
  readonly limiter?: Layer.Layer<RateLimiter>
  /** Where log lines go and from which level on; nothing but what is fatal by default. */
  readonly logging?: Layer.Layer<never>
  /** Over how long the work of reset mails is spread, in ms; none by default, so that no test waits for it. */
  readonly mailSpread?: number
}

/**
 * The whole server on a free port of loopback, with a database and a store of its own, and nobody who takes its jobs. The
 * parts it stands on are there for the test as well.
 */
export class TestServer extends Context.Service<TestServer, { readonly url: string }>()(
  "@kite/server/test/TestServer"
) {
  /** With other parts than the usual ones. */
  static readonly layerOn = ({ variables: changed = {}, ...parts }: Parts) => {
    const { objects = temporaryObjects, database = testDatabase, limiter = RateLimiter.layerMemory } = parts
    const { logging = quiet, mailSpread = 0 } = parts
    return Layer.effect(
      TestServer,
      Effect.map(HttpServer.addressFormattedWith(Effect.succeed), (url) => TestServer.of({ url }))
    ).pipe(
      Layer.provide(Http.layer),
      Layer.provide(limiter),
      Layer.provideMerge(Layer.mergeAll(objects, ExtractionQueue.layer, Mailer.layerMemory)),
      Layer.provideMerge(database),
      Layer.provideMerge(Settings.layerOf({ ...variables, ...changed })),
      Layer.provide([logging, Layer.succeed(MailSpread, mailSpread)]),
      Layer.orDie
    )
  }

  static readonly layerWith = (changed: Readonly<Record<string, string>>) => TestServer.layerOn({ variables: changed })

  static readonly layer = TestServer.layerOn({})
}
