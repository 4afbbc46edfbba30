/** In ms. */
const length = 15 * 60_000
/** How many subjects of one kind are recorded in a window. Kinds are few: they come from kite, not from requests. */
const maxSubjects = 500

/**
 * Which refusals are recorded: the first of each kind (a problem and its policies) per subject (an account or an address) within
 * 15 minutes, and at most 500 of a kind, so that a flood of refused requests is no flood of entries.
 */
export class RefusalWindow {
  #endsAt = 0
  readonly #seen = new Map<string, Set<string>>()

  /** `now` is in ms. */
  admit(kind: string, subject: string, now: number): boolean {
    if (now >= this.#endsAt) {
      this.#seen.clear()
      this.#endsAt = now + length
    }
    const subjects = this.#seen.get(kind) ?? new Set<string>()
    this.#seen.set(kind, subjects)
    if (subjects.has(subject) || subjects.size >= maxSubjects) return false
    subjects.add(subject)
    return true
  }
}
