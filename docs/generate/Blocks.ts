import { readFileSync } from "node:fs"
import { limitsTable } from "./LimitsTable.ts"
import { settingsTable } from "./SettingsTable.ts"

const root = new URL("../../", import.meta.url)

/** `<!-- begin settings -->`, `<!-- begin limits -->` or `<!-- begin code <file> from "<start of a line>" -->`, the text, `<!-- end -->`. */
const block = /(<!-- begin (settings|limits|code (\S+)(?: from "([^"]+)")?) -->\n)[\s\S]*?(<!-- end -->)/g

/** The file from the first line that starts so, to its end. */
const code = (path: string, start = "") => {
  const lines = readFileSync(new URL(path, root), "utf8").trimEnd().split("\n")
  const first = lines.findIndex((line) => line.startsWith(start))
  if (first < 0) throw new Error(`${path} has no line that starts with ${start}`)
  return ["```ts", ...lines.slice(first), "```"].join("\n")
}

/** The document with every block between markers written again from its source. */
export const withBlocks = (document: string): string =>
  document.replace(block, (_all, begin: string, kind: string, path: string, start: string | undefined, end: string) => {
    const table = kind === "settings" ? settingsTable : kind === "limits" ? limitsTable : undefined
    return `${begin}${table === undefined ? code(path, start) : table()}\n${end}`
  })
