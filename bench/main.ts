import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** Commands of their own: `npm run attack` and `npm run corpus`. */
const others = ["attack", "corpus"]

/** Runs every benchmark in turn: `npm run bench`, or some: `npm run bench -- limits upload`. */
const directory = fileURLToPath(new URL(".", import.meta.url))
const all = readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && !others.includes(entry.name) ? [entry.name] : []
)
const [, , ...named] = process.argv
const failed = (named.length > 0 ? named : all).filter((name) => {
  console.log(`\n== ${name}`)
  return spawnSync(process.execPath, [`${directory}${name}/main.ts`], { stdio: "inherit" }).status !== 0
})
if (failed.length > 0) console.error(`\nfailed: ${failed.join(", ")}`)
process.exitCode = failed.length
