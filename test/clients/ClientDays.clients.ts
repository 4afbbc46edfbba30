import { writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { stripTypeScriptTypes } from "node:module"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Context, Effect, Layer } from "effect"
import { blockOf, dayOf, largePdf, requests, requestsOf, run } from "./Day.ts"
import { findTools, type Tool } from "./Tools.ts"

const tools = await findTools()
for (const reason of tools.missing.values()) console.log(`Not tried: ${reason}`)

const limits = ["AUTH_IP", "LOGIN_ACCOUNT", "IP", "REFRESH_IP"].map((name) => [`RATE_LIMIT_${name}`, "100000/1m"])

/** A kite of its own process, and the file that every client uploads. */
class Kite extends Context.Service<
  Kite,
  { readonly url: string; readonly lines: ReadonlyArray<string>; readonly file: string; readonly bytes: Buffer }
>()("test/clients/Kite") {
  static readonly layer = Layer.effect(
    Kite,
    Effect.gen(function* () {
      const folder = yield* temporaryDirectory
      const bytes = Buffer.from(yield* Effect.promise(largePdf))
      const file = join(folder, "report.pdf")
      writeFileSync(file, bytes)
      const { url, lines } = yield* startKite({ DATA_DIR: join(folder, "data"), ...Object.fromEntries(limits) })
      return Kite.of({ url, lines, file, bytes })
    })
  )
}

interface Client {
  readonly name: string
  readonly needs: ReadonlyArray<Tool>
  /** The files of its program, by name. */
  readonly files: Readonly<Record<string, string>>
  readonly command: ReadonlyArray<string>
}

const bash = ["bash", "-euo", "pipefail", "day.sh"]
const curl = { needs: ["curl", "jq"], files: { "day.sh": blockOf("bash") }, command: bash } as const
const typescript = stripTypeScriptTypes(blockOf("ts"))
const ours = process.execPath
/** A program beside the packages of npm that it imports. */
const besidePackages = (name: string) => {
  const path = join(tools.npmFolder ?? "", name)
  if (tools.npmFolder !== undefined) writeFileSync(path, dayOf(name))
  return path
}

const clients: ReadonlyArray<Client> = [
  { name: "curl", ...curl },
  { name: "curl --http2", ...curl, files: { ...curl.files, ".curlrc": "http2\n" } },
  { name: "wget", needs: ["wget", "jq"], files: { "day.sh": dayOf("wget.sh") }, command: bash },
  { name: "HTTPie", needs: ["python", "jq"], files: { "day.sh": dayOf("httpie.sh") }, command: bash },
  { name: "requests", needs: ["python"], files: { "day.py": blockOf("python") }, command: ["python", "day.py"] },
  { name: "httpx", needs: ["python"], files: { "day.py": dayOf("httpx.py") }, command: ["python", "day.py"] },
  { name: "aiohttp", needs: ["python"], files: { "day.py": dayOf("aiohttp.py") }, command: ["python", "day.py"] },
  { name: "Go", needs: ["go"], files: { "main.go": blockOf("go") }, command: ["go", "run", "main.go"] },
  { name: "Java", needs: ["java"], files: { "Day.java": blockOf("java") }, command: ["java", "Day.java"] },
  {
    name: "fetch of the system's Node",
    needs: ["node"],
    files: { "day.mjs": typescript },
    command: ["node", "day.mjs"]
  },
  { name: "fetch of our Node", needs: [], files: { "day.mts": blockOf("ts") }, command: [ours, "day.mts"] },
  { name: "undici", needs: ["npm"], files: {}, command: [ours, besidePackages("undici.mjs")] },
  { name: "axios", needs: ["npm"], files: {}, command: [ours, besidePackages("axios.mjs")] }
]

/** Runs a program in an empty folder. */
const runIn = Effect.fnUntraced(function* (files: Client["files"], command: Client["command"], email: string) {
  const { url, file } = yield* Kite
  const cwd = yield* temporaryDirectory
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content)
  const env = {
    ...(process.env as Record<string, string>),
    PATH: tools.path,
    CURL_HOME: cwd,
    KITE: url,
    EMAIL: email,
    PASSWORD: "up, up and away 9",
    FILE: file
  }
  return { cwd, ...(yield* Effect.promise(() => run(command, { cwd, env }))) }
})

const isMissing = (needs: ReadonlyArray<Tool>) => needs.some((tool) => tools.missing.has(tool))

layer(Kite.layer, { excludeTestServices: true, timeout: "2 minutes" })("a day in the life of", (it) => {
  for (const [index, { name, needs, files, command }] of clients.entries()) {
    it.effect.skipIf(isMissing(needs))(name, () =>
      Effect.gen(function* () {
        const { lines, bytes } = yield* Kite
        const before = lines.length
        const { cwd, code, output } = yield* runIn(files, command, `client${index}@example.org`)
        assert.strictEqual(code, 0, output)
        const copy = yield* Effect.promise(() => readFile(join(cwd, "copy.pdf")))
        assert.isTrue(copy.equals(bytes), "the copy differs")
        // A request's line may come a moment after its response.
        const asked = Effect.sync(() => requestsOf(lines.slice(before)))
        assert.deepStrictEqual(yield* eventually(asked, ({ length }) => length >= requests.length), requests)
      })
    )
  }
})

const upload = '"$KITE/api/documents"'
const refused: ReadonlyArray<readonly [name: string, needs: ReadonlyArray<Tool>, program: string]> = [
  ["curl", ["curl"], `curl -sS ${upload} -F "file=@$FILE"`],
  ["curl --http2", ["curl"], `curl -sS --http2 ${upload} -F "file=@$FILE"`],
  ["curl without Expect", ["curl"], `curl -sS -H Expect: ${upload} -F "file=@$FILE"`],
  // It shows no body of a 401.
  ["wget", ["wget"], 'wget -q -O - --content-on-error "$KITE/api/auth/register" --post-file "$FILE" || true'],
  [
    "requests",
    ["python"],
    `python -c 'import os, requests
print(requests.post(os.environ["KITE"] + "/api/documents", files={"file": open(os.environ["FILE"], "rb")}).text)'`
  ],
  [
    "fetch of the system's Node",
    ["node"],
    `node --input-type=module -e '
    const form = new FormData()
    form.append("file", await (await import("node:fs")).openAsBlob(process.env.FILE), "report.pdf")
    console.log(await (await fetch(process.env.KITE + "/api/documents", { method: "POST", body: form })).text())'`
  ]
]

layer(Kite.layer, { excludeTestServices: true, timeout: "2 minutes" })(
  "an upload that is refused early reaches",
  (it) => {
    for (const [name, needs, program] of refused) {
      it.effect.skipIf(isMissing(needs))(name, () =>
        Effect.gen(function* () {
          for (let times = 0; times < 3; times++) {
            const { output } = yield* runIn({}, ["bash", "-c", program], "nobody@example.org")
            assert.match(output, /"type":"urn:kite:problem:(?:unauthenticated|unsupported-media-type|body-too-large)"/)
          }
        })
      )
    }
  }
)
