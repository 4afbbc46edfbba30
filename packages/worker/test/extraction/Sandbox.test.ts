import { spawn } from "node:child_process"
import { accessSync, constants, statSync } from "node:fs"
import { chmod } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { pictureOf } from "@kite/testkit/files/ImageFile"
import { addScannedPage, addTextPage, pdfOf } from "@kite/testkit/files/PdfFile"
import { warnOfMissing } from "@kite/worker/extraction/Sandbox"
import { Effect, Logger } from "effect"
import { temporaryFile } from "../fixtures/ExtractBytes.ts"

const attemptsParent = fileURLToPath(new URL("../fixtures/sandbox/AttemptsParent.ts", import.meta.url))
const readFile = fileURLToPath(new URL("../fixtures/sandbox/ReadFile.ts", import.meta.url))

/** A user without a name, a home or an environment, as containers have them. */
const stranger = ["setpriv", "--reuid=43210", "--regid=43210", "--clear-groups"]

/** What the program prints, run by this user or by a stranger. */
const run = (as: ReadonlyArray<string>, program: string, ...given: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const [command = "", ...args] = [...as, process.execPath, program, ...given]
    const child = spawn(command, args, {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", KITE_SECRET: "x" },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
    assert.notStrictEqual(output, "", errors)
    return JSON.parse(output)
  })

const everything = [
  "read a secret",
  "read the parent's environment",
  "read the parent's memory map",
  "read another file",
  "write a file",
  "write to the temporary folder",
  "cut a file",
  "change a file's mode",
  "remove a file",
  "connect",
  "send a datagram",
  "run a program",
  "start a thread",
  "read a secret in a thread",
  "see whether the parent lives",
  "end the parent"
]

const isRoot = process.getuid?.() === 0

const ancestors = (path: string): ReadonlyArray<string> =>
  path === dirname(path) ? [path] : [path, ...ancestors(dirname(path))]

/** Whether somebody else could run what lies here. */
const isOpenToAll = () => ancestors(dirname(attemptsParent)).every((path) => (statSync(path).mode & 0o005) === 0o005)

const hasSetpriv = () => {
  try {
    accessSync("/usr/bin/setpriv", constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Root's child stays root, without a capability, where no other user could read its program. */
const missing = JSON.stringify(isRoot && !isOpenToAll() ? ["user"] : [])

const users: ReadonlyArray<readonly [string, ReadonlyArray<string>, boolean]> = [
  [isRoot ? "root" : "this user", [], true],
  ["a user without name, home and environment", stranger, isRoot && hasSetpriv() && isOpenToAll()]
]

describe.runIf(process.platform === "linux")("The sandbox", () => {
  for (const [user, as, canRun] of users) {
    describe.runIf(canRun)(`of a worker that runs as ${user}`, () => {
      it.live("is what refuses: without it everything is possible", () =>
        Effect.gen(function* () {
          const { possible } = yield* run(as, attemptsParent, "none", tmpdir())
          assert.deepStrictEqual(possible, everything)
        })
      )

      it.live("refuses everything", () =>
        Effect.gen(function* () {
          const report = yield* run(as, attemptsParent, "whole", tmpdir())
          assert.deepStrictEqual(report, { possible: [], missing })
        })
      )

      it.live(
        "holds by the kernel alone, where code has got past Node's permission model: a thread can do no more",
        () =>
          Effect.gen(function* () {
            const report = yield* run(as, attemptsParent, "kernel", tmpdir())
            assert.deepStrictEqual(report, { possible: ["start a thread"], missing })
          })
      )

      it.live("lets documents be read, by OCR too", () =>
        Effect.gen(function* () {
          const image = yield* Effect.promise(() => pictureOf(["Seventeen invoices"]).encode("jpeg", 85))
          const file = yield* Effect.promise(() =>
            pdfOf(
              (pdf) => addTextPage(pdf, ["typed text"]),
              (pdf) => addScannedPage(pdf, image)
            )
          )
          const path = yield* temporaryFile(file)
          yield* Effect.promise(() => chmod(dirname(path), 0o755))
          assert.deepStrictEqual(yield* run(as, readFile, path), ["typed text", "seventeen invoices"])
        }).pipe(Effect.scoped)
      )
    })
  }
})

describe("What the system does not give of the sandbox", () => {
  it.effect("is said once, with its consequence, however many children lack it", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const warn = warnOfMissing()
      yield* Effect.forEach([[], ["landlock", "seccomp"], ["landlock", "seccomp"]] as const, warn).pipe(
        Effect.provide(Logger.layer([logger]))
      )
      assert.lengthOf(lines, 1)
      assert.match(lines[0] ?? "", /no Landlock.*kite's own environment.*open sockets and start programs/)
    })
  )
})
