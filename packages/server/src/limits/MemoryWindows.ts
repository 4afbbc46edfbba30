import type { PolicyName } from "@kite/domain/limits/RateLimitPolicy"
import { type Decision, decide } from "@kite/domain/limits/SlidingWindow"
import { type Charge, settle, type Verdict } from "@kite/domain/limits/Verdict"

const none: ReadonlyArray<number> = []

/**
 * The admission times of this process: for each policy, a map from subject to times, oldest first. Each map holds its subjects in the
 * order of their last admission. Within one policy that is also the order in which they expire, so the expired ones are at its front.
 */
export class MemoryWindows {
  readonly #maxSubjects: number
  readonly #windows = new Map<PolicyName, Map<string, Array<number>>>()

  /** `maxSubjects`: the most that are kept per policy; beyond it the least recently admitted is evicted. */
  constructor(maxSubjects = 50_000) {
    this.#maxSubjects = maxSubjects
  }

  /** Charges all or none. `now`: ms of any clock, the same for all calls. */
  check(charges: ReadonlyArray<Charge>, now: number): Verdict {
    const decisions = charges.map((charge) => this.#decide(charge, now))
    const verdict = settle(charges, decisions)
    if (verdict.allowed)
      for (const [index, charge] of charges.entries()) this.#push(charge, decisions[index]?.now ?? now)
    return verdict
  }

  /** Charges unconditionally. */
  record(charges: ReadonlyArray<Charge>, now: number): void {
    for (const charge of charges) this.#push(charge, now)
  }

  /** Gives back what was charged at `now`. */
  undo(charges: ReadonlyArray<Charge>, now: number): void {
    for (const { policy, subject, cost = 1 } of charges) {
      const times = this.#windows.get(policy.name)?.get(subject)
      const last = times?.lastIndexOf(now) ?? -1
      if (last >= 0) times?.splice(Math.max(0, last - cost + 1), cost)
    }
  }

  /** How many subjects a policy holds, expired ones included. */
  size(policy: PolicyName): number {
    return this.#windows.get(policy)?.size ?? 0
  }

  #decide({ policy, subject, cost = 1 }: Charge, now: number): Decision {
    return decide(this.#windows.get(policy.name)?.get(subject) ?? none, now, policy, cost)
  }

  #push({ policy, subject, cost = 1 }: Charge, now: number): void {
    const subjects = this.#subjects(policy.name)
    const times = subjects.get(subject) ?? []
    const { dead } = decide(times, now, policy, 0)
    if (dead > 0) times.splice(0, dead)
    for (let unit = 0; unit < cost; unit++) times.push(now)
    subjects.delete(subject)
    subjects.set(subject, times)
    this.#evict(subjects, now - policy.windowMs)
  }

  #subjects(policy: PolicyName): Map<string, Array<number>> {
    const known = this.#windows.get(policy)
    if (known !== undefined) return known
    const subjects = new Map<string, Array<number>>()
    this.#windows.set(policy, subjects)
    return subjects
  }

  /** An admission adds at most one subject and removes up to two expired ones, so that no call has to sweep the whole map. */
  #evict(subjects: Map<string, Array<number>>, bound: number): void {
    let removable = 2
    for (const [subject, times] of subjects) {
      const full = subjects.size > this.#maxSubjects
      if (!full && (removable-- === 0 || (times.at(-1) ?? bound) > bound)) return
      subjects.delete(subject)
    }
  }
}
