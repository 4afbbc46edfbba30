import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/**
 * Changes the sources in small ways, one at a time, and tells which changes the tests do not notice: `npm run mutate`, or those whose
 * name or file contains a text: `npm run mutate -- limits`. Works on a copy. Ends with 1 below 95 %. Takes an hour or more.
 */
const root = fileURLToPath(new URL("../..", import.meta.url))
const copy = mkdtempSync(join(tmpdir(), "kite-mutations-"))

/** Hard links where the disk allows it: the copy's node_modules are only read. */
const copyModules = (folder: string) => {
  const [from, to] = [join(root, folder, "node_modules"), join(copy, folder)]
  if (spawnSync("cp", ["-al", from, to], { stdio: "ignore" }).status !== 0) execFileSync("cp", ["-a", from, to])
}

try {
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root })
  execFileSync("xargs", ["-0", "cp", "--parents", "-t", copy], { cwd: root, input: files })
  const nested = execFileSync("find", ["packages", "-mindepth", "2", "-maxdepth", "2", "-name", "node_modules"], {
    cwd: root,
    encoding: "utf8"
  })
  for (const folder of ["", ...nested.split("\n").flatMap((path) => (path === "" ? [] : [join(path, "..")]))]) {
    copyModules(folder)
  }
  const runner = join(copy, "test/mutations/Runner.ts")
  const child = spawn(process.execPath, [runner, ...process.argv.slice(2)], { cwd: copy, stdio: "inherit" })
  // The runner must stop its database first.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal))
  const [code] = await once(child, "exit")
  process.exitCode = code ?? 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}
