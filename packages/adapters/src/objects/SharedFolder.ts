import { randomUUID } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { createSecretFile } from "../data/SecretFile.ts"
import { decodeRow } from "../postgres/Rows.ts"
import { SettingsError } from "../settings/Settings.ts"

const fileName = "store-id"
const Id = Schema.String.check(Schema.isUUID())
const isId = Schema.is(Id)

const read = async (path: string) => {
  try {
    return (await readFile(path, "utf8")).trim()
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined
    throw cause
  }
}

/** The id of the folder, created once. Another process may create it at the same time: what is in the file then is the id. */
const createId = async (path: string) => {
  await createSecretFile(path, randomUUID()).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause
  })
  return (await read(path)) ?? ""
}

const refuse = (message: string) => Effect.fail(new SettingsError({ message }))

/**
 * Checks that the folder is the one that this database's documents are in, and makes it so for a database that has none yet. A
 * server and a worker on different folders would store files that no worker finds. The folder keeps its id in a file, the
 * database in a row.
 */
export const checkSharedFolder = Effect.fnUntraced(function* (directory: string) {
  const sql = yield* SqlClient.SqlClient
  const idOf = decodeRow(Schema.Struct({ id: Id }))
  const path = join(directory, fileName)
  const files = <A>(attempt: () => Promise<A>) =>
    Effect.tryPromise({
      try: attempt,
      catch: (cause) => new SettingsError({ message: `${path} cannot be read or written: ${String(cause)}` })
    })

  const known = Option.getOrUndefined(yield* idOf(sql`SELECT id FROM object_store`))?.id
  const own = yield* files(() => (known === undefined ? createId(path) : read(path)))
  if (own !== undefined && !isId(own)) return yield* refuse(`${path} holds no id: remove it if the folder is new`)
  if (known === undefined) yield* idOf(sql`INSERT INTO object_store (id) VALUES (${own}) ON CONFLICT DO NOTHING`)
  const expected = known ?? Option.getOrUndefined(yield* idOf(sql`SELECT id FROM object_store`))?.id
  if (own === expected) return
  return yield* refuse(
    `OBJECT_STORE_URL is ${directory}, but the files of this database are in another folder: give server and worker the same one. ` +
      `If you have moved or restored the files to this folder, write ${expected} into ${path}`
  )
})
