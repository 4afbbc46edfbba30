import { symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { policyTable } from "@kite/domain/limits/RateLimitPolicy"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { suite } from "@kite/testkit/Suite"
import { Context, Effect, Layer } from "effect"
import { npm } from "./Tools.ts"

/** The tools send many requests from one address. */
const unlimited = Object.fromEntries(Object.values(policyTable).map(({ setting }) => [setting, "1000000/1s"]))

/** A running kite that ends with the tests, and a folder with its OpenAPI document, `openapi.json`. */
export class Kite extends Context.Service<
  Kite,
  { readonly url: string; readonly folder: string; readonly dataDir: string }
>()("@kite/test/contract/Kite") {
  static readonly layer = Layer.effect(
    Kite,
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const folder = yield* temporaryDirectory
      const { url } = yield* startKite({ DATA_DIR: dataDir, ...unlimited })
      yield* Effect.promise(async () => {
        await writeFile(join(folder, "openapi.json"), await (await fetch(`${url}/openapi.json`)).text())
        await writeFile(join(folder, "package.json"), '{"type":"module"}')
        if (npm !== undefined) await symlink(join(npm.folder, "node_modules"), join(folder, "node_modules"))
      })
      return Kite.of({ url, folder, dataDir })
    })
  )
}

/** Tests against one kite. */
export const contract = suite(Kite.layer)
