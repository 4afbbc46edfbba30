import { startSwift } from "@kite/testkit/objects/SwiftServer"
import { Effect, Exit, Scope } from "effect"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** URL of a bucket on a real S3 server, in the form of OBJECT_STORE_URL. */
    objectStoreUrl: string
    /** The maximum number of keys in one listing of the server. */
    keysPerListing: number
  }
}

const server = Effect.suspend(() => {
  const { OBJECT_STORE_URL: url = "" } = process.env
  return url === ""
    ? startSwift
    : Effect.succeed({ url, source: `OBJECT_STORE_URL (${URL.parse(url)?.host})`, keysPerListing: 1_000 })
})

/** Finds or starts the S3 server of the run, and stops it only if it started it. */
export default async function setup(project: TestProject) {
  const scope = Scope.makeUnsafe()
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const { url, source, keysPerListing } = await Effect.runPromise(Scope.provide(server, scope)).catch((cause) =>
    close().then(() => Promise.reject(cause))
  )
  console.log(`real S3 server: ${source}`)
  project.provide("objectStoreUrl", url)
  project.provide("keysPerListing", keysPerListing)
  return close
}
