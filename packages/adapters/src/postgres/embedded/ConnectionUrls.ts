import { createHmac } from "node:crypto"
import { join, resolve } from "node:path"
import { Effect, Redacted } from "effect"
import { readPassword, roleName } from "./Cluster.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { ensureDatabase } from "./EnsureDatabase.ts"
import { readPostmaster } from "./Postmaster.ts"

/** As `postgres://<role>:<password>@localhost/kite?host=<socket directory>`; the same after PostgreSQL was restarted. */
export interface ConnectionUrls {
  /** Of the owner, a superuser: for migrations. */
  readonly url: Redacted.Redacted<string>
  /** Of the role that kite runs as; the migrations create it. */
  readonly applicationUrl: Redacted.Redacted<string>
}

const applicationRole = `${roleName}_app`

/** Derived from the owner's password: one secret to keep, and every kite on the data directory gets the same. */
const applicationPassword = (password: Redacted.Redacted<string>) =>
  createHmac("sha256", Redacted.value(password)).update(applicationRole).digest("base64url")

/** The URLs of the PostgreSQL whose socket is in the directory; creates its database if it is missing. */
export const onSocket = Effect.fnUntraced(function* (directory: string, password: Redacted.Redacted<string>) {
  const url = (role: string, secret: string, database: string) =>
    Redacted.make(`postgres://${role}:${secret}@localhost/${database}?host=${encodeURIComponent(directory)}`)
  const secret = Redacted.value(password)
  yield* ensureDatabase(url(roleName, secret, "postgres"), roleName)
  const urls: ConnectionUrls = {
    url: url(roleName, secret, roleName),
    applicationUrl: url(applicationRole, applicationPassword(password), roleName)
  }
  return urls
})

/** The URLs of the PostgreSQL that another kite runs on the data directory; fails with `locked` until that one is ready. */
export const attach = Effect.fn("EmbeddedPostgres.attach")(function* (dataDir: string) {
  const root = resolve(dataDir)
  const postmaster = yield* readPostmaster(join(root, "postgres"))
  const password = yield* readPassword(join(root, "postgres-password"))
  if (!postmaster?.isReady || password === undefined) {
    return yield* new EmbeddedPostgresError({ reason: "locked", detail: `another kite uses ${root}` })
  }
  return yield* Effect.mapError(onSocket(postmaster.socketDirectory, password), ({ detail }) => notReady(detail))
})

const notReady = (detail: string) =>
  new EmbeddedPostgresError({ reason: "locked", detail: `the PostgreSQL of another kite is not ready: ${detail}` })
