import { execFileSync } from "node:child_process"
import { chmod, chown, readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { createSecretFile, readSecretFile } from "@kite/adapters/data/SecretFile"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"

const secret = "a secret of thirty-two characters"
const read = (path: string) => Effect.tryPromise(() => readSecretFile(path, 32, "do this"))
const create = (path: string, text = secret) => Effect.tryPromise(() => createSecretFile(path, text))
const messageOf = <A>(effect: Effect.Effect<A, { readonly cause?: unknown }>) =>
  Effect.map(Effect.flip(effect), ({ cause }) => String(cause))

it.live("a secret is created for its user alone, and leaves no other file", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const path = join(directory, "secret")
    assert.isUndefined(yield* read(path))
    yield* create(path)
    assert.strictEqual((yield* Effect.promise(() => stat(path))).mode & 0o7777, 0o600)
    assert.strictEqual(yield* read(path), secret)
    assert.deepStrictEqual(yield* Effect.promise(() => readdir(directory)), ["secret"])
  })
)

it.live("of several that are created at the same time, one stays; nobody reads a part of it", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const path = join(directory, "secret")
    const texts = Array.from({ length: 20 }, (_, index) => `${index} `.repeat(20_000))
    const one = (text: string) =>
      Effect.gen(function* () {
        yield* Effect.ignore(create(path, text))
        return yield* read(path)
      })
    const found = new Set(yield* Effect.forEach(texts, one, { concurrency: "unbounded" }))
    assert.lengthOf([...found], 1)
    assert.include(
      texts.map((text) => text.trim()),
      [...found].join()
    )
    assert.match(yield* messageOf(create(path)), /EEXIST/)
    assert.deepStrictEqual(yield* Effect.promise(() => readdir(directory)), ["secret"])
  })
)

it.live("a secret that could not be written whole is not there", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const path = join(directory, "no", "secret")
    assert.match(yield* messageOf(create(path)), /ENOENT/)
    yield* create(join(directory, "taken"))
    assert.match(yield* messageOf(create(join(directory, "taken"), "another")), /EEXIST/)
    assert.strictEqual(yield* Effect.promise(() => readFile(join(directory, "taken"), "utf8")), secret)
  })
)

it.live.each([0o640, 0o604, 0o620, 0o601, 0o777])("a secret that others can read or replace is refused: %o", (mode) =>
  Effect.gen(function* () {
    const path = join(yield* temporaryDirectory, "secret")
    yield* create(path)
    yield* Effect.promise(() => chmod(path, mode))
    assert.include(yield* messageOf(read(path)), `${path} is open to other users: run chmod 600 ${path}`)
  })
)

it.live.each([
  ["", "is empty"],
  [" \n", "is empty"],
  ["x".repeat(31), "has 31 characters but needs 32"]
])("a secret that is empty or short is refused: %j", ([text, fault]) =>
  Effect.gen(function* () {
    const path = join(yield* temporaryDirectory, "secret")
    yield* Effect.promise(() => writeFile(path, text ?? "", { mode: 0o600 }))
    assert.include(yield* messageOf(read(path)), `${path} ${fault}: do this`)
  })
)

/** Reads the file in a process of another user, and returns what it says. */
const readAs = (uid: number, path: string) => {
  const module = import.meta.resolve("@kite/adapters/data/SecretFile")
  const code = `import(${JSON.stringify(module)}).then((m) => m.readSecretFile(${JSON.stringify(path)}, 32, "")).then(console.log, (e) => console.log(e.message))`
  return execFileSync(process.execPath, ["-e", code], { uid, cwd: "/", encoding: "utf8", timeout: 20_000 })
}

it.live("a secret of another user is refused, but not to root", ({ skip }) =>
  Effect.gen(function* () {
    if (process.geteuid?.() !== 0) return skip("only root can give files away")
    const directory = yield* temporaryDirectory
    const path = join(directory, "secret")
    yield* create(path)
    yield* Effect.promise(() => Promise.all([chown(path, 1234, 1234), chmod(directory, 0o755)]))
    assert.strictEqual(yield* read(path), secret)
    assert.include(readAs(1234, path), secret)
    assert.include(readAs(4321, path), `${path} belongs to another user: start kite as that user`)
  })
)
