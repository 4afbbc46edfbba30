import type { PolicyName } from "@kite/domain/limits/RateLimitPolicy"
import { type Decision, decide } from "@kite/domain/limits/SlidingWindow"
import { type Charge, settle, type Verdict } from "@kite/domain/limits/Verdict"

const none: ReadonlyArray<number> = []

/**
 * The admission times of this process: per policy a map from subject to times, oldest first. A map keeps its keys in the order
 * of their last admission, which within one policy is the order in which they die: the dead are found at its front.
 */
export class MemoryWindows {
  readonly #maxSubjects: number
  readonly #windows = new Map<PolicyName, Map<string, Array<number>>>()

  /** `maxSubjects`: kept per policy at most; beyond it the least recently admitted is forgotten. */
  constructor(maxSubjects = 50_000) {
    this.#maxSubjects = maxSubjects
  }

  /** Charges all or none. `now` in ms of any clock. */
  check(charges: ReadonlyArray<Charge>, now: number): Verdict {
    const decisions = charges.map((charge) => this.#decide(charge, now))
    const verdict = settle(charges, decisions)
    if (verdict.allowed)
      for (const [index, charge] of charges.entries()) this.#push(charge, decisions[index]?.now ?? now)
    return verdict
  }

  /** Charges without asking. */
  record(charges: ReadonlyArray<Charge>, now: number): void {
    for (const charge of charges) this.#push(charge, now)
  }

  /** Takes back what was charged at `now`. */
  undo(charges: ReadonlyArray<Charge>, now: number): void {
    for (const { policy, subject, cost = 1 } of charges) {
      const times = this.#windows.get(policy.name)?.get(subject)
      const last = times?.lastIndexOf(now) ?? -1
      if (last >= 0) times?.splice(Math.max(0, last - cost + 1), cost)
    }
  }

  /** Subjects that are kept under a policy, dead ones included. */
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
    this.#forget(subjects, now - policy.windowMs)
  }

  #subjects(policy: PolicyName): Map<string, Array<number>> {
    const known = this.#windows.get(policy)
    if (known !== undefined) return known
    const subjects = new Map<string, Array<number>>()
    this.#windows.set(policy, subjects)
    return subjects
  }

  /** Each admission adds one subject at most and takes two dead ones: the rest shrinks, and no call has to sweep. */
  #forget(subjects: Map<string, Array<number>>, bound: number): void {
    let dead = 2
    for (const [subject, times] of subjects) {
      const full = subjects.size > this.#maxSubjects
      if (!full && (dead-- === 0 || (times.at(-1) ?? bound) > bound)) return
      subjects.delete(subject)
    }
  }
}
