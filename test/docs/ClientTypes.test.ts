import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import { clientTypes, clientTypesPath } from "../../docs/generate/ClientTypes.ts"

it("the client's types are those of the contract", () => {
  const written = readFileSync(new URL(`../../${clientTypesPath}`, import.meta.url), "utf8")
  assert.strictEqual(clientTypes(), written, `${clientTypesPath} is out of date. Run: npm run docs`)
})
