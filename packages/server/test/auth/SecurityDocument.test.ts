import { globSync, readFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"

const rows = readFileSync(new URL("../../../../docs/security.md", import.meta.url), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, id = "", , applies = "", reason = "", test = ""] = line.split("|").map((cell) => cell.trim())
    return /^\d\.\d\.\d+$/.test(id) ? [{ id, applies, reason, test }] : []
  })

const folder = fileURLToPath(new URL("..", import.meta.url))
const tests = globSync("**/*.test.ts", { cwd: folder })

/** What the test files of this name say; the document leaves their folders out. */
const sourcesOf = (file: string) =>
  tests.flatMap((path) => (basename(path) === file ? [readFileSync(folder + path, "utf8")] : []))

/** Rows of each section of ASVS 5.0.0. */
const sections = {
  "6.1": 3,
  "6.2": 12,
  "6.3": 8,
  "6.4": 6,
  "6.5": 8,
  "6.6": 4,
  "6.7": 2,
  "6.8": 4,
  "7.1": 3,
  "7.2": 4,
  "7.3": 2,
  "7.4": 5,
  "7.5": 3,
  "7.6": 2,
  "9.1": 3,
  "9.2": 4
}

it("docs/security.md covers every requirement of ASVS 5.0 V6, V7 and V9", () => {
  const expected = Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}.${index + 1}`)
  )
  assert.deepStrictEqual(
    rows.map(({ id }) => id),
    expected
  )
})

it("docs/security.md gives a reason for every row, and names a test that exists for each that applies", () => {
  for (const { id, applies, reason, test } of rows) {
    assert.include(["yes", "no", "not met"], applies, id)
    assert.isNotEmpty(reason, id)
    if (applies !== "yes") continue
    const [file = "", name = ""] = test.split(": ")
    const sources = sourcesOf(file)
    assert.isNotEmpty(sources, `${id}: ${file}`)
    assert.isTrue(
      sources.some((source) => source.includes(name.trim())),
      `${id}: ${test}`
    )
  }
})
