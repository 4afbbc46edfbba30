import { NodeFileSystem } from "@effect/platform-node"
import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Settings } from "@kite/adapters/settings/Settings"
import { Context, Effect, FileSystem, Layer } from "effect"
import { HttpServer } from "effect/http"
import { testDatabase } from "../../../../test/parts/TestDatabase.ts"
import * as Http from "../../src/Http.ts"

const variables = { PORT: "0", TOKEN_SECRET: "a secret of the tests, and of nobody else" }

/** Objects in a folder that goes with the scope. */
const temporaryObjects = Layer.unwrap(
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return ObjectStoreFileSystem.layer(yield* files.makeTempDirectoryScoped({ prefix: "kite-objects-" }))
  })
).pipe(Layer.provide(NodeFileSystem.layer), Layer.orDie)

/** The whole server on a free port of loopback, with a database and a store of its own, and nobody who takes its jobs. */
export class TestServer extends Context.Service<TestServer, { readonly url: string }>()(
  "@kite/server/test/TestServer"
) {
  static readonly layerWith = (changed: Readonly<Record<string, string>>) =>
    Layer.effect(
      TestServer,
      Effect.map(HttpServer.addressFormattedWith(Effect.succeed), (url) => TestServer.of({ url }))
    ).pipe(
      Layer.provide(Http.layer),
      Layer.provideMerge(Layer.mergeAll(temporaryObjects, ExtractionQueue.layer)),
      Layer.provideMerge(testDatabase),
      Layer.provideMerge(Settings.layerOf({ ...variables, ...changed })),
      Layer.orDie
    )

  static readonly layer = TestServer.layerWith({})
}
