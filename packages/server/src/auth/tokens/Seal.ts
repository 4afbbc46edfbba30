import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import { Option, Redacted } from "effect"

const algorithm = "aes-256-gcm"
const nonceBytes = 12
const tagBytes = 16

const keyOf = (secret: Redacted.Redacted, purpose: string) =>
  Buffer.from(hkdfSync("sha256", Redacted.value(secret), "", `kite ${purpose}`, 32))

/** Encrypts so that only who holds the secret can read it (AES-256-GCM under HKDF-SHA256 of it): nonce, ciphertext, tag. */
export const seal = (secret: Redacted.Redacted, purpose: string, plain: Redacted.Redacted): Uint8Array => {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, keyOf(secret, purpose), nonce, { authTagLength: tagBytes })
  return Buffer.concat([nonce, cipher.update(Redacted.value(plain), "utf8"), cipher.final(), cipher.getAuthTag()])
}

/** What was sealed; none where secret, purpose or bytes are not the same. */
export const open = (
  secret: Redacted.Redacted,
  purpose: string,
  sealed: Uint8Array
): Option.Option<Redacted.Redacted> => {
  const nonce = sealed.subarray(0, nonceBytes)
  const decipher = createDecipheriv(algorithm, keyOf(secret, purpose), nonce, { authTagLength: tagBytes })
  return Option.liftThrowable(() => {
    decipher.setAuthTag(sealed.subarray(-tagBytes))
    const plain = decipher.update(sealed.subarray(nonceBytes, -tagBytes), undefined, "utf8")
    return Redacted.make(plain + decipher.final("utf8"))
  })()
}
