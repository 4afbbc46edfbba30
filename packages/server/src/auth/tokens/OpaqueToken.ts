import { createHash } from "node:crypto"
import { Redacted } from "effect"
import { SecureRandom } from "effect/crypto"

/** 256 random bits as 43 characters of base64url. */
export const makeToken = () => Redacted.make(Buffer.from(SecureRandom.randomBytesUnsafe(32)).toString("base64url"))

/** How many characters a token shares with those that it succeeds: 126 bits of them. */
const familyLength = 21

/** What a token and all its successors have in common. */
export const familyOf = (token: Redacted.Redacted) => Redacted.value(token).slice(0, familyLength)

/** A token of the same family: its other 22 characters are new, 130 random bits. */
export const makeSuccessor = (token: Redacted.Redacted) =>
  Redacted.make(familyOf(token) + Redacted.value(makeToken()).slice(familyLength))

/** The stored form of a token. A plain SHA-256 is enough: 256 random bits cannot be guessed. */
export const hashOf = (token: Redacted.Redacted) => createHash("sha256").update(Redacted.value(token)).digest()
