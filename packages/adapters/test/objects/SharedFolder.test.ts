import { existsSync } from "node:fs"
import { cp, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { checkSharedFolder } from "@kite/adapters/objects/SharedFolder"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Folders of a database that has no documents yet. */
const folders = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM object_store`
  return [yield* temporaryDirectory, yield* temporaryDirectory] as const
})

suite(testDatabase)("a folder of files that processes share", (it) => {
  it.effect("is the first one that a process names, for every later process", () =>
    Effect.gen(function* () {
      const [folder, other] = yield* folders
      yield* checkSharedFolder(folder)
      yield* checkSharedFolder(folder)
      const { message } = yield* Effect.flip(checkSharedFolder(other))
      assert.include(message, `OBJECT_STORE_URL is ${other}, but the files of this database are in another folder`)
      assert.isFalse(existsSync(join(other, "store-id")))
      yield* checkSharedFolder(folder)
    })
  )

  it.effect("is one, however many processes start at once", () =>
    Effect.gen(function* () {
      const [folder] = yield* folders
      yield* Effect.replicateEffect(checkSharedFolder(folder), 10, { concurrency: "unbounded" })
      const [one, two] = yield* folders
      const checks = [one, two, one, two].map((path) => Effect.result(checkSharedFolder(path)))
      const results = yield* Effect.all(checks, { concurrency: "unbounded" })
      assert.lengthOf(
        results.filter(({ _tag }) => _tag === "Success"),
        2
      )
    })
  )

  it.effect("may move, with its id", () =>
    Effect.gen(function* () {
      const [folder, moved] = yield* folders
      yield* checkSharedFolder(folder)
      yield* Effect.promise(() => cp(folder, moved, { recursive: true }))
      yield* checkSharedFolder(moved)
    })
  )

  it.effect("may be restored without its id, which the message says how to write", () =>
    Effect.gen(function* () {
      const [folder, restored] = yield* folders
      yield* checkSharedFolder(folder)
      const { message } = yield* Effect.flip(checkSharedFolder(restored))
      const [, id = "", path = ""] = /write (\S+) into (\S+)$/.exec(message) ?? []
      yield* Effect.promise(() => writeFile(path, id))
      yield* checkSharedFolder(restored)
    })
  )

  it.effect("is refused if its id is unreadable", () =>
    Effect.gen(function* () {
      const [folder] = yield* folders
      yield* Effect.promise(() => writeFile(join(folder, "store-id"), "what"))
      assert.include((yield* Effect.flip(checkSharedFolder(folder))).message, "holds no id")
      assert.include((yield* Effect.flip(checkSharedFolder("/nowhere"))).message, "cannot be")
    })
  )
})
