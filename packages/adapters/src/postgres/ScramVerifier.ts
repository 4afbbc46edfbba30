import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto"
import { Redacted } from "effect"

/** PostgreSQL's own default. */
const iterations = 4_096

/**
 * The form in which PostgreSQL stores a password (RFC 5803). CREATE ROLE gets it instead of the password, which would appear
 * in the server's log if the statement failed.
 */
export const scramVerifier = (password: Redacted.Redacted<string>): string => {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(Redacted.value(password), salt, iterations, 32, "sha256")
  const sign = (text: string) => createHmac("sha256", salted).update(text).digest()
  const storedKey = createHash("sha256").update(sign("Client Key")).digest("base64")
  const serverKey = sign("Server Key").toString("base64")
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`
}
