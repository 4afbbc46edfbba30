import { existsSync, globSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { withBlocks } from "../../docs/generate/Blocks.ts"
import manifest from "../../package.json" with { type: "json" }

const root = fileURLToPath(new URL("../..", import.meta.url))
const read = (path: string) => readFileSync(join(root, path), "utf8")
const packages = readdirSync(join(root, "packages"))
const documents = globSync(["*.md", "docs/*.md", "packages/*/README.md"], { cwd: root })

/** All text in backticks of a document, without code blocks. */
const quoted = (document: string) =>
  [...document.replace(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text)

/** The anchors that GitHub creates from headings. */
const anchors = (document: string) =>
  [...document.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-")
  )

describe.each(documents)("%s", (path) => {
  const document = read(path)

  it("has its generated blocks up to date", () => {
    assert.strictEqual(withBlocks(document), document, `${path} is out of date. Run: npm run docs`)
  })

  it("links to files and headings that exist", () => {
    for (const [, target = ""] of document.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      const [file = "", anchor] = target.split("#")
      const linked = file === "" ? path : join(dirname(path), file)
      assert.isTrue(existsSync(join(root, linked)), `${path} links to ${target}`)
      if (anchor !== undefined) assert.include(anchors(read(linked)), anchor, `${path} links to ${target}`)
    }
  })

  it("names files and folders that exist", () => {
    const own = /^packages\/[^/]+\//.exec(path)?.[0]
    for (const text of quoted(document)) {
      const isPath = /^(packages|test|docs|bench|ops|examples|\.ci)\//.test(text) && !/[<*{\s]/.test(text)
      if (isPath) assert.isTrue(existsSync(join(root, text)), `${path} names ${text}`)
      if (own && text.startsWith("src/")) assert.isTrue(existsSync(join(root, own, text)), `${path} names ${text}`)
    }
  })

  it("names npm scripts that exist", () => {
    for (const [, script = ""] of document.matchAll(/npm run ([\w:]+)/g)) {
      assert.property(manifest.scripts, script, `${path} names npm run ${script}`)
    }
  })
})

it("every package has a README that begins with its name", () => {
  for (const name of packages) assert.match(read(`packages/${name}/README.md`), new RegExp(`^# @kite/${name}\n\n\\w`))
})

it("the layout in CONTRIBUTING.md names every package and every folder of sources", () => {
  const [layout = ""] = /## Layout[\s\S]*?\n## /.exec(read("CONTRIBUTING.md")) ?? []
  const lines = layout.split("\n")
  for (const name of packages) {
    assert.isTrue(
      lines.some((line) => line.startsWith(`  ${name}/`)),
      name
    )
    const row = lines.find((line) => line.startsWith(`${name} `))
    for (const folder of globSync("src/*/", { cwd: join(root, "packages", name) })) {
      const noun = folder.split("/")[1] ?? ""
      const single = name === "cli" || name === "loadtest"
      if (!single) assert.match(row ?? "", new RegExp(`[ /{,]${noun}\\b`), `${name}: ${folder}`)
    }
  }
})
