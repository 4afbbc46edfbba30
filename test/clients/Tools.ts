import { execFile } from "node:child_process"
import { delimiter } from "node:path"
import { promisify } from "node:util"
import { npmTools, pythonTools } from "@kite/testkit/processes/InstalledTools"

const run = promisify(execFile)

/** The PATH without node_modules/.bin, whose `node` is kite's own: the one of the system may be older. */
const systemPath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.endsWith("node_modules/.bin"))
  .join(delimiter)

const answers = (command: string, argument: string) =>
  run(command, [argument], { timeout: 20_000, env: { ...process.env, PATH: systemPath } }).then(
    () => true,
    () => false
  )

const programs = {
  curl: "--version",
  wget: "--version",
  jq: "--version",
  go: "version",
  java: "-version",
  node: "--version"
}
export type Tool = keyof typeof programs | "python" | "npm"

/** The tools of this machine: which are missing, and where the others are. */
export const findTools = async () => {
  const python = await pythonTools(["requests==2.34.2", "httpx==0.28.1", "aiohttp==3.14.5", "httpie==3.2.4"])
  const npm = await npmTools(["axios@1.21.1", "undici@8.12.4"])
  const missing = new Map<Tool, string>()
  if ("missing" in python) missing.set("python", python.missing)
  if ("missing" in npm) missing.set("npm", npm.missing)
  for (const [name, argument] of Object.entries(programs) as ReadonlyArray<[keyof typeof programs, string]>) {
    if (!(await answers(name, argument))) missing.set(name, `there is no ${name}`)
  }
  return {
    missing,
    path: "bin" in python ? `${python.bin}${delimiter}${systemPath}` : systemPath,
    /** A folder whose programs can import axios and undici. */
    npmFolder: "folder" in npm ? npm.folder : undefined
  }
}
