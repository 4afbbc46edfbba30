import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const pathOf = (url: string | URL) => fileURLToPath(url).replace(/\/$/, "")

const domainSources = new URL("..", import.meta.resolve("@kite/domain/documents/Extraction"))

/** What lies beside the sources of a package that node reads with them. */
const packageOf = (sources: URL) =>
  [sources, new URL("../package.json", sources), new URL("../node_modules", sources)].map(pathOf)

const modules = "/node_modules/"

/** The folders into which npm put what the child imports. */
const packageFolders = () => {
  const names = [
    "chardet",
    "effect",
    "htmlparser2",
    "pdfjs-dist/package.json",
    "postal-mime",
    "sax",
    "sharp",
    "@napi-rs/canvas",
    "tesseract.js"
  ]
  const paths = names.map((name) => pathOf(import.meta.resolve(name)))
  return Array.from(new Set(paths.map((path) => path.slice(0, path.indexOf(modules) + modules.length - 1))))
}

/**
 * All that a child reads besides the languages' data and node itself: `program` and `packages` by JavaScript, `system` by
 * the loader of its native parts. Absolute paths; a folder stands for all that is below it.
 */
export const childReads = {
  program: [...packageOf(new URL("../..", import.meta.url)), ...packageOf(domainSources)].filter(existsSync),
  packages: packageFolders(),
  system: ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"]
} as const satisfies Record<string, ReadonlyArray<string>>
