import { globSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))
const packagesFolder = join(root, "packages")
const packages = ["domain", "adapters", "server", "worker", "cli", "client"]
const importPattern = /(?:from|import)\s*\(?\s*"([^"]+)"/g
const testFolders = ["packages/*/test", "test"]

const importsOf = (path: string) => [...readFileSync(path, "utf8").matchAll(importPattern)].map(([, name = ""]) => name)

/** `file: import` for every import in these folders that is wrong. */
const wrongImports = (folders: ReadonlyArray<string>, isWrong: (name: string) => boolean) =>
  folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root, exclude: ["**/node_modules/**"] }))
    .flatMap((path) => importsOf(join(root, path)).flatMap((name) => (isWrong(name) ? `${path}: ${name}` : [])))

type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** The folder of a file, or the file itself where it stands directly in `src`. */
const folderOf = (src: string, path: string) => {
  const folder = relative(src, dirname(path))
  return folder === "" ? relative(src, path) : folder
}

/** Which folders of a package import which others, by their relative imports. */
const graphOf = (name: string): Graph => {
  const src = join(packagesFolder, name, "src")
  const graph = new Map<string, Set<string>>()
  for (const path of globSync(join(src, "**/*.ts"))) {
    const from = folderOf(src, path)
    const imported = graph.get(from) ?? new Set()
    graph.set(from, imported)
    for (const target of importsOf(path).filter((name) => name.startsWith("."))) {
      const to = folderOf(src, resolve(dirname(path), target))
      if (to !== from) imported.add(to)
    }
  }
  return graph
}

/** The path of a circle of folders; undefined if there is none. */
const circleIn = (graph: Graph) => {
  const finished = new Set<string>()
  const walk = (folder: string, way: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    if (way.includes(folder)) return [...way.slice(way.indexOf(folder)), folder]
    if (finished.has(folder)) return undefined
    for (const next of graph.get(folder) ?? []) {
      const circle = walk(next, [...way, folder])
      if (circle !== undefined) return circle
    }
    finished.add(folder)
    return undefined
  }
  for (const folder of graph.keys()) {
    const circle = walk(folder, [])
    if (circle !== undefined) return circle.join(" -> ")
  }
  return undefined
}

describe("imports", () => {
  it.each(packages)("between the folders of %s form no circle", (name) => {
    const graph = graphOf(name)
    assert.isAbove(graph.size, 1)
    assert.isUndefined(circleIn(graph))
  })

  it("of tests never climb three folders: they name the package instead", () => {
    const climbs = (name: string) => name.startsWith("../../../")
    assert.deepStrictEqual(wrongImports(testFolders, climbs), [])
  })

  it("of the test kit occur in tests and benchmarks alone", () => {
    const isTestkit = (name: string) => name.startsWith("@kite/testkit/") || name.includes("testkit/src/")
    assert.deepStrictEqual(wrongImports(["packages/*/src", "docs"], isTestkit), [])
    assert.isNotEmpty(wrongImports(testFolders, isTestkit))
  })

  it("of two folders that import each other are found", () => {
    assert.strictEqual(
      circleIn(
        new Map([
          ["a", new Set(["b"])],
          ["b", new Set(["c"])],
          ["c", new Set(["a"])]
        ])
      ),
      "a -> b -> c -> a"
    )
  })
})
