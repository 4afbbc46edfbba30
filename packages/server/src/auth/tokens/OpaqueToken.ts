import { createHash } from "node:crypto"
import { Redacted } from "effect"
import { SecureRandom } from "effect/crypto"

/** 256 random bits as 43 characters of base64url. */
export const makeToken = () => Redacted.make(Buffer.from(SecureRandom.randomBytesUnsafe(32)).toString("base64url"))

/** The stored form of a token. A plain SHA-256 is enough: 256 random bits cannot be guessed. */
export const hashOf = (token: Redacted.Redacted) => createHash("sha256").update(Redacted.value(token)).digest()
