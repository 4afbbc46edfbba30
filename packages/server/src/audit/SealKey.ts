import { createHmac, hkdfSync } from "node:crypto"
import { Redacted } from "effect"

/** Bytes of the code of one entry, and of a seal. */
export const entryMacBytes = 16
const genesis = new Uint8Array(32)

/** What a seal says, besides its own code. */
export interface SealContent {
  readonly number: number
  readonly newest: string
  readonly entries: ReadonlyArray<string>
  readonly macs: Uint8Array
  readonly previous: Uint8Array
}

/** The `previous` of the first seal. */
export const noPrevious: Uint8Array = genesis

/** A seal as operators note it and the log shows it: its number and 128 bits of its code. */
export const sealName = ({ number, mac }: { readonly number: number; readonly mac: Uint8Array }) =>
  `${number}:${Buffer.from(mac).toString("hex").slice(0, 32)}`

/** The key of the audit log's seals, derived from TOKEN_SECRET by HKDF-SHA256. All codes are HMAC-SHA256. */
export class SealKey {
  readonly #key: Buffer
  /** Public: tells seals made with another secret from seals that were changed. */
  readonly id: string

  constructor(secret: Redacted.Redacted) {
    this.#key = Buffer.from(hkdfSync("sha256", Redacted.value(secret), "", "kite audit seal", 32))
    this.id = this.#mac("id", "").toString("hex").slice(0, 16)
  }

  #mac(purpose: string, ...parts: ReadonlyArray<string | Uint8Array>) {
    const mac = createHmac("sha256", this.#key).update(`${purpose}\n`)
    for (const part of parts) mac.update(part)
    return mac.digest()
  }

  /** The code of an entry; `content` is all of it as JSON. */
  ofEntry(content: string): Uint8Array {
    return this.#mac("entry", content).subarray(0, entryMacBytes)
  }

  /** The code of a seal: it binds the entries, their codes and the seal before. Numbers and ids have fixed forms. */
  ofSeal({ number, newest, entries, macs, previous }: SealContent): Uint8Array {
    return this.#mac("seal", `${number}\n${newest}\n${entries.join(",")}\n`, macs, previous)
  }

  /** Proof that kite itself removed the seals up to this number. */
  ofPruning(number: number): string {
    return this.#mac("pruned", String(number)).toString("hex")
  }
}
