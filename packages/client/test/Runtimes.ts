import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Effect } from "effect"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const client = join(root, "packages/client")
const tsc = join(root, "node_modules/typescript/bin/tsc")
const run = promisify(execFile)

/** The first of these programs on the PATH, not counting what npm installed; undefined if there is none. */
export const programOf = (...names: ReadonlyArray<string>): string | undefined => {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"))
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
}

/** Builds the package, and puts it into the folder as npm would install it. */
export const installInto = async (folder: string) => {
  const installed = join(folder, "node_modules/@kite/client")
  await mkdir(installed, { recursive: true })
  await run(process.execPath, [tsc, "-p", client, "--outDir", join(installed, "dist")])
  await cp(join(client, "package.json"), join(installed, "package.json"))
  await writeFile(join(folder, "package.json"), '{ "type": "module" }')
}

/** The README's code blocks of this kind, as one program for this kite and the account `<name>@example.org`. */
export const readmeProgram = (kind: string, url: string, name: string) =>
  Effect.promise(async () => {
    const readme = await readFile(join(client, "README.md"), "utf8")
    const blocks = [...readme.matchAll(/^```(.*)\n([\s\S]*?)^```/gm)].filter(([, found]) => found === kind)
    const program = blocks.map(([, , code = ""]) => code).join("\n")
    return program.replaceAll("http://127.0.0.1:8000", url).replaceAll("anna@", `${name}@`)
  })

/** Writes a program into the folder, and returns its name. */
export const writeProgram = (folder: string, name: string, program: string) =>
  Effect.as(
    Effect.promise(() => writeFile(join(folder, name), program)),
    name
  )

/** Runs a program in the folder, and returns the lines that it prints. */
export const runIn = (folder: string, program: string, args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const env = { PATH: process.env["PATH"], HOME: folder, NO_COLOR: "1" }
    const { stdout } = await run(program, args, { cwd: folder, env, timeout: 60_000 })
    return stdout.trim().split("\n")
  })

/** What `tsc` says against a file in the folder, if anything. `options` choose the types that it can use. */
export const typeErrors = (folder: string, file: string, ...options: ReadonlyArray<string>) => {
  const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--module", "nodenext"]
  return Effect.promise(() =>
    run(process.execPath, [tsc, ...strict, ...options, file], { cwd: folder }).then(
      () => "",
      ({ stdout }: { readonly stdout: string }) => stdout
    )
  )
}
