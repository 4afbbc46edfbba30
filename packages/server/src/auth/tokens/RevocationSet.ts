import { accessTokenSeconds } from "../AccessTokenLifetime.ts"

/** As long as an access token of the session may live, and a minute for whatever is late. */
export const retentionMillis = (accessTokenSeconds + 60) * 1000

/**
 * The sessions that ended within the last 16 minutes, at most `capacity` of them. Beyond that it forgets them and instead
 * holds every access token issued so far for revoked: clients refresh once, nobody gets in. Times in ms of the epoch.
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

  /** `issuedAt` as in the token, in whole seconds. */
  has(sessionId: string, issuedAt: number) {
    return issuedAt * 1000 <= this.#revokedUntil || this.#endedAt.has(sessionId)
  }
}
