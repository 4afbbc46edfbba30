import { accessTokenSeconds } from "./TokenKeys.ts"

/** The lifetime of an access token, and a minute for delays. */
export const retentionMillis = (accessTokenSeconds + 60) * 1000

/**
 * The sessions that ended within the last 16 minutes, at most `capacity` of them. When it overflows it forgets them and
 * treats every access token issued so far as revoked: clients refresh once, no revoked token is accepted. Times are
 * milliseconds since the epoch.
 */
export class RevocationSet {
  readonly #capacity: number
  readonly #endedAt = new Map<string, number>()
  #revokedUntil = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size() {
    return this.#endedAt.size
  }

  add(sessionIds: ReadonlyArray<string>, now: number) {
    for (const [id, at] of this.#endedAt) {
      if (at > now - retentionMillis) break
      this.#endedAt.delete(id)
    }
    for (const id of sessionIds) this.#endedAt.set(id, now)
    if (this.#endedAt.size <= this.#capacity) return
    this.#endedAt.clear()
    this.#revokedUntil = now
  }

  /** `issuedAt` is the token's `iat`, in whole seconds. */
  has(sessionId: string, issuedAt: number) {
    return issuedAt * 1000 <= this.#revokedUntil || this.#endedAt.has(sessionId)
  }
}
