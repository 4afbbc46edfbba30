import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { platform } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { PasswordAttempt } from "@kite/domain/auth/Password"
import { Email } from "@kite/domain/users/Email"
import { eventually } from "@kite/testkit/Eventually"
import { typedClient } from "@kite/testkit/http/TypedClient"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Fiber, Redacted } from "effect"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))
const password = "up, up and away 9"

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Run {
  readonly dataDir: string
  readonly args: ReadonlyArray<string>
  readonly input?: string
  /** What to type after which output, in order. If given, the command runs in a terminal. */
  readonly typed?: ReadonlyArray<readonly [string, string]>
}

/** `script` of util-linux or BSD, which runs a program in a terminal. */
const inTerminal = (command: ReadonlyArray<string>): readonly [string, Array<string>] =>
  platform() === "darwin"
    ? ["script", ["-q", "/dev/null", ...command]]
    : ["script", ["-qec", command.map((word) => `'${word}'`).join(" "), "/dev/null"]]

const kite = ({ dataDir, args, input = "", typed }: Run) =>
  Effect.callback<Ended>((resume) => {
    const command = [process.execPath, main, "admin", ...args]
    const [program, words] = typed === undefined ? [process.execPath, command.slice(1)] : inTerminal(command)
    const env = { PATH: process.env["PATH"], TERM: "xterm", DATA_DIR: dataDir, SHELL: "/bin/sh" }
    const child = spawn(program, words, { env, stdio: "pipe" })
    const rest = [...(typed ?? [])]
    let [out, err] = ["", ""]
    child.stdout.on("data", (data) => {
      out += data
      const [shown, keys] = rest[0] ?? []
      if (shown === undefined || !out.includes(shown)) return
      rest.shift()
      child.stdin.write(keys)
    })
    child.stderr.on("data", (data) => {
      err += data
    })
    child.once("close", (code) => resume(Effect.succeed({ code, out, err })))
    if (typed === undefined) child.stdin.end(input)
    return Effect.sync(() => child.kill("SIGKILL"))
  }).pipe(Effect.timeout("60 seconds"))

const roleOf = Effect.fnUntraced(function* (url: string, email: string) {
  const { auth } = yield* typedClient(url)
  const payload = { email: Email.make(email), password: PasswordAttempt.make(Redacted.make(password)) }
  return (yield* auth.login({ payload })).user.role
})

describe("kite admin create-user", () => {
  it.live(
    "creates an admin before kite has ever run, and more accounts while it starts and runs",
    () =>
      Effect.gen(function* () {
        const dataDir = yield* temporaryDirectory
        const first = yield* kite({
          dataDir,
          args: ["create-user", "Root@Example.org", "--admin"],
          input: `${password}\n`
        })
        assert.strictEqual(first.code, 0, first.err)
        assert.match(first.out, /Created the admin root@example\.org, [0-9a-f-]{36}\n$/)
        const starting = yield* Effect.forkChild(startKite({ DATA_DIR: dataDir }))
        const isStarting = Effect.sync(() => existsSync(join(dataDir, "postgres", "postmaster.pid")))
        yield* eventually(isStarting, Boolean, "30 seconds")
        const during = yield* kite({ dataDir, args: ["create-user", "early@example.org"], input: password })
        assert.strictEqual(during.code, 0, during.err)
        const { url } = yield* Fiber.join(starting)
        const file = join(dataDir, "pw")
        yield* Effect.promise(() => writeFile(file, `${password}\r\n`))
        const beside = yield* kite({ dataDir, args: ["create-user", "second@example.org", "--password-file", file] })
        assert.strictEqual(beside.code, 0, beside.err)
        const roles = yield* Effect.forEach(["root", "early", "second"], (name) => roleOf(url, `${name}@example.org`))
        assert.deepStrictEqual(roles, ["admin", "user", "user"])
        const again = yield* kite({ dataDir, args: ["create-user", "root@example.org"], input: password })
        assert.deepStrictEqual(
          [again.code, again.err],
          [1, "kite: an account with the e-mail address root@example.org already exists\n"]
        )
      }),
    120_000
  )

  it.live("asks for the password twice in a terminal, and does not show it", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const args = ["create-user", "typed@example.org"]
      const same = yield* kite({
        dataDir,
        args,
        typed: [
          ["Password", `${password}\r`],
          ["Again", `${password}\r`]
        ]
      })
      assert.strictEqual(same.code, 0, same.out)
      assert.include(same.out, "Created the user typed@example.org")
      for (const part of [password, "away", "up,"]) assert.notInclude(same.out, part)
      const other = yield* kite({
        dataDir,
        args,
        typed: [
          ["Password", `${password}\r`],
          ["Again", "something else\r"]
        ]
      })
      assert.strictEqual(other.code, 1)
      assert.include(other.out, "the two passwords differ")
    })
  )

  it.live.each([
    [["create-user", "a b"], password, /"a b" is not a valid e-mail address/],
    [["create-user", "a@example.org"], "too short", /must have 12 to 128 characters/],
    [["create-user", "a@example.org"], "", /must have 12 to 128 characters/],
    [["create-user", "a@example.org"], "password1234", /The password is too common/],
    [["create-user", "a@example.org", "--password-file", "/nowhere/at/all"], "", /cannot be read/]
  ] as const)("refuses invalid input, and says why: %j %s", ([args, input, message]) =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const { code, err } = yield* kite({ dataDir, args, input })
      assert.strictEqual(code, 1)
      assert.match(err, message)
      if (input !== "") assert.notInclude(err, input)
    })
  )
})
