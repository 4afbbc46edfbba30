import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import { mutate, scoreOf } from "./Mutation.ts"
import { mutations } from "./Mutations.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

it("every mutation changes what it says: its text occurs once in its file", () => {
  const stale = mutations.filter(
    ({ file, ...change }) => mutate(readFileSync(join(root, file), "utf8"), { ...change }) === undefined
  )
  assert.deepStrictEqual(
    stale.map(({ file, name }) => `${file}: ${name}`),
    []
  )
})

it("every mutation has a name of its own and tests that exist", () => {
  assert.isAtLeast(mutations.length, 150)
  assert.strictEqual(new Set(mutations.map(({ name }) => name)).size, mutations.length)
  for (const { name, tests } of mutations) {
    assert.isNotEmpty(tests, name)
    for (const test of tests) assert.isTrue(existsSync(join(root, test)), `${name}: ${test}`)
  }
})

it("a mutation is refused where its text is missing, is there twice, or stays as it is", () => {
  assert.strictEqual(mutate("a b c", { search: "b", replacement: "d" }), "a d c")
  assert.isUndefined(mutate("a c", { search: "b", replacement: "d" }))
  assert.isUndefined(mutate("b b", { search: "b", replacement: "d" }))
  assert.isUndefined(mutate("a b c", { search: "b", replacement: "b" }))
})

it("the score is the share of killed mutations", () => {
  const [mutation] = mutations
  assert.isDefined(mutation)
  if (mutation === undefined) return
  const result = (killedBy: string | undefined) => ({ mutation, killedBy })
  assert.strictEqual(scoreOf([result("a test"), result("another"), result(undefined), result("one more")]), 0.75)
  assert.strictEqual(scoreOf([]), 0)
})
