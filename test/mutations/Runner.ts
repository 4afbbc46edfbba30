import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createVitest } from "vitest/node"
import { goal, type Mutation, mutate, type Result, scoreOf } from "./Mutation.ts"
import { mutations } from "./Mutations.ts"

/** Runs the mutations in the tree that this file lies in: a copy that nobody else uses. */
const root = process.cwd()
/** A change that makes a test hang counts as noticed after so long. */
const patience = 300_000

const vitest = await createVitest("test", { watch: false, root, reporters: [{}], testTimeout: 60_000 })

/** The first test that fails, "an error" if none is to blame; undefined if all pass. */
const firstFailure = async (tests: ReadonlyArray<string>): Promise<string | undefined> => {
  const paths = new Set(tests.map((test) => join(root, test)))
  const specifications = await vitest.globTestSpecifications([...paths])
  if (specifications.length < tests.length) throw new Error(`missing among ${tests.join(", ")}`)
  const late = setTimeout(() => void vitest.cancelCurrentRun("test-failure"), patience)
  vitest.state.clearErrors()
  const result = await vitest.runTestSpecifications(specifications)
  clearTimeout(late)
  const { unhandledErrors } = result
  // The result also has the files of earlier runs.
  const testModules = result.testModules.filter(({ moduleId }) => paths.has(moduleId))
  for (const module of testModules) {
    for (const test of module.children.allTests("failed")) return test.fullName
    if (!module.ok()) return `an error in ${module.relativeModuleId}`
  }
  return unhandledErrors.length > 0 || testModules.length < tests.length ? "an error" : undefined
}

const change = (file: string, text: string) => {
  writeFileSync(join(root, file), text)
  vitest.invalidateFile(join(root, file))
}

const run = async (mutation: Mutation): Promise<Result> => {
  const source = readFileSync(join(root, mutation.file), "utf8")
  const changed = mutate(source, mutation)
  if (changed === undefined) throw new Error(`${mutation.name}: the text to change does not occur once`)
  change(mutation.file, changed)
  const killedBy = await firstFailure(mutation.tests).finally(() => change(mutation.file, source))
  return { mutation, killedBy }
}

const [, , ...wanted] = process.argv
const chosen = mutations.filter(
  ({ name, file }) => wanted.length === 0 || wanted.some((text) => name.includes(text) || file.includes(text))
)
const results: Array<Result> = []
let isEnding = false
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    isEnding = true
    void vitest.cancelCurrentRun("keyboard-input")
  })
}
const sound = new Map<string, boolean>()

/** Without a change the tests must pass: else they would notice nothing. */
const isSound = async (tests: ReadonlyArray<string>) => {
  const key = tests.join()
  const known = sound.get(key)
  if (known !== undefined) return known
  const failure = await firstFailure(tests)
  if (failure !== undefined) console.log(`BROKEN    ${key}: ${failure}`)
  sound.set(key, failure === undefined)
  return failure === undefined
}

for (const mutation of chosen) {
  const { name, file, tests, explanation } = mutation
  if (explanation !== undefined) {
    console.log(`explained ${name} (${file}): ${explanation}`)
    continue
  }
  if (!(await isSound(tests))) continue
  if (isEnding) break
  const result = await run(mutation)
  if (isEnding) break
  results.push(result)
  console.log(`${result.killedBy === undefined ? "SURVIVED " : "killed   "} ${name} (${file}) ${result.killedBy ?? ""}`)
}
await vitest.close()

const score = scoreOf(results)
const killed = results.filter(({ killedBy }) => killedBy !== undefined).length
console.log(`${killed} of ${results.length} killed: ${(100 * score).toFixed(1)} % (goal: ${100 * goal} %)`)
process.exit(score >= goal && [...sound.values()].every(Boolean) ? 0 : 1)
