import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import { Option, Redacted } from "effect"

const algorithm = "aes-256-gcm"
const nonceBytes = 12
const tagBytes = 16

/** 256 bits, by HKDF-SHA256. */
export const deriveKey = (secret: Redacted.Redacted, purpose: string) =>
  Buffer.from(hkdfSync("sha256", Redacted.value(secret), "", `kite ${purpose}`, 32))

/** Encrypts with AES-256-GCM under a key derived from the secret by HKDF-SHA256. Returns nonce, ciphertext and tag. */
export const seal = (secret: Redacted.Redacted, purpose: string, plain: Redacted.Redacted): Uint8Array => {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, deriveKey(secret, purpose), nonce, { authTagLength: tagBytes })
  return Buffer.concat([nonce, cipher.update(Redacted.value(plain), "utf8"), cipher.final(), cipher.getAuthTag()])
}

/** Decrypts what `seal` returned; none if the secret, the purpose or a byte differs. */
export const open = (
  secret: Redacted.Redacted,
  purpose: string,
  sealed: Uint8Array
): Option.Option<Redacted.Redacted> => {
  const nonce = sealed.subarray(0, nonceBytes)
  return Option.liftThrowable(() => {
    const decipher = createDecipheriv(algorithm, deriveKey(secret, purpose), nonce, { authTagLength: tagBytes })
    decipher.setAuthTag(sealed.subarray(-tagBytes))
    const plain = decipher.update(sealed.subarray(nonceBytes, -tagBytes), undefined, "utf8")
    return Redacted.make(plain + decipher.final("utf8"))
  })()
}
