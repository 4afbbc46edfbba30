import { randomUUID } from "node:crypto"
import { chown, link, open, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { Schema } from "effect"

/** A file with a secret of this installation cannot be used; `message` says in one line why and what to do. */
export class SecretFileError extends Schema.TaggedError<SecretFileError>()("SecretFileError", {
  message: Schema.String
}) {}

interface Owner {
  readonly uid: number
  readonly gid: number
}

const sync = async (path: string) => {
  const file = await open(path)
  await file.sync().finally(() => file.close())
}

/**
 * Creates the file whole or not at all, even if the power fails: no reader and no later start finds half a secret. Mode 0600.
 * Fails with EEXIST if it exists. `owner`: the user that may read it, if not this one.
 */
export const createSecretFile = async (path: string, secret: string, owner?: Owner): Promise<void> => {
  const unfinished = `${path}.${randomUUID()}`
  try {
    const file = await open(unfinished, "wx", 0o600)
    await file
      .writeFile(secret)
      .then(() => file.sync())
      .finally(() => file.close())
    if (owner !== undefined) await chown(unfinished, owner.uid, owner.gid)
    // Unlike a rename, a link never replaces a file that another process has just created.
    await link(unfinished, path)
  } finally {
    await rm(unfinished, { force: true })
  }
  await sync(dirname(path))
}

const ofAnother = "belongs to another user: start kite as that user, or change the owner of the file"

/** Undefined if there is none. A file of mode 0600 opens for its owner alone, and for root, as in `sudo kite admin create-user`. */
const openSecret = (path: string) =>
  open(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined
    throw cause.code === "EACCES" ? new SecretFileError({ message: `${path} ${ofAnother}` }) : cause
  })

/**
 * The secret in the file, without white space around it, or undefined if there is no file. Throws SecretFileError if other users could
 * read it or have written it, or if it has fewer than `minLength` characters; `advice` says what to do then.
 */
export const readSecretFile = async (path: string, minLength: number, advice: string): Promise<string | undefined> => {
  const file = await openSecret(path)
  if (file === undefined) return undefined
  try {
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) {
      throw new SecretFileError({
        message: `${path} is open to other users: run chmod 600 ${path}, or replace the secret`
      })
    }
    const secret = (await file.readFile("utf8")).trim()
    if (secret.length >= minLength) return secret
    const length = secret === "" ? "is empty" : `has ${secret.length} characters but needs ${minLength}`
    throw new SecretFileError({ message: `${path} ${length}: ${advice}` })
  } finally {
    await file.close()
  }
}
