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

/** Tests of limits set lower ones; all others send many requests from one address. */
const unlimited = Object.fromEntries(Object.values(policyTable).map(({ setting }) => [setting, "1000000/1s"]))

const variables = {
  PORT: "0",
  TOKEN_SECRET: "a secret of the tests, and of nobody else",
  REGISTRATION: "open",
  ...unlimited
}

/** Objects in a folder that is removed with the scope. */
const temporaryObjects = Layer.unwrap(
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return ObjectStoreFileSystem.layer(yield* files.makeTempDirectoryScoped({ prefix: "kite-objects-" }))
  })
).pipe(Layer.provide(NodeFileSystem.layer), Layer.orDie)

const quiet = Layer.succeed(References.MinimumLogLevel, "Fatal" as const)

interface Parts {
  /** Environment variables that override the defaults of the tests. */
  readonly variables?: Readonly<Record<string, string>>
  readonly objects?: Layer.Layer<ObjectStore>
  readonly database?: typeof testDatabase
  /** Counts in memory by default, also with REDIS_URL. */
  readonly limiter?: Layer.Layer<RateLimiter>
  /** The logger and its level; by default, only fatal lines are logged. */
  readonly logging?: Layer.Layer<never>
  /** The maximum random delay of reset mails, in ms; 0 by default, so that no test waits. */
  readonly mailSpread?: number
}

/**
 * The whole server on a free port of loopback, with its own database and object store, but without a worker. Tests can use
 * these parts, too.
 */
export class TestServer extends Context.Service<TestServer, { readonly url: string }>()(
  "@kite/testkit/http/TestServer"
) {
  /** With some parts replaced. */
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
