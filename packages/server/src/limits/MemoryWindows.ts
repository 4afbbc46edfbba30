import type { PolicyName } from "@kite/domain/limits/RateLimitPolicy"
import { type Charge, settle, type TimedVerdict, type WindowName } from "@kite/domain/limits/Verdict"
import { PolicyWindows } from "./PolicyWindows.ts"

const keyOf = ({ subject, part }: WindowName) => (part === undefined ? subject : `${subject}/${part}`)

/** The admission times of this process, by policy and subject. All times are in ms of any clock, the same for all calls. */
export class MemoryWindows {
  readonly #maxSubjects: number
  readonly #policies = new Map<PolicyName, PolicyWindows>()

  /** `maxSubjects`: the most that are kept per policy. */
  constructor(maxSubjects = 50_000) {
    this.#maxSubjects = maxSubjects
  }

  /** Charges all or none. */
  check(charges: ReadonlyArray<Charge>, now: number): TimedVerdict {
    const decisions = charges.map((charge) =>
      this.#of(charge.policy.name).decide(keyOf(charge), now, charge.policy, charge.cost ?? 1)
    )
    const verdict = settle(charges, decisions)
    if (verdict.allowed)
      for (const [index, charge] of charges.entries()) this.#charge(charge, decisions[index]?.now ?? now)
    return verdict
  }

  /** Charges unconditionally. */
  record(charges: ReadonlyArray<Charge>, now: number): void {
    for (const charge of charges) this.#charge(charge, now)
  }

  /** Gives back what was charged at `now`. */
  undo(charges: ReadonlyArray<Charge>, now: number): void {
    for (const charge of charges)
      this.#of(charge.policy.name).giveBack(keyOf(charge), now, charge.policy, charge.cost ?? 1)
  }

  clear(window: WindowName): void {
    this.#of(window.policy.name).clear(keyOf(window))
  }

  /** Clears the windows of all parts of the subject. */
  clearParts({ policy, subject }: WindowName): void {
    this.#of(policy.name).clearAll(`${subject}/`)
  }

  /** How many subjects a policy holds, expired ones included. */
  size(policy: PolicyName): number {
    return this.#policies.get(policy)?.size ?? 0
  }

  #charge(charge: Charge, now: number): void {
    this.#of(charge.policy.name).charge(keyOf(charge), now, charge.policy, charge.cost ?? 1)
  }

  #of(policy: PolicyName): PolicyWindows {
    const known = this.#policies.get(policy)
    if (known !== undefined) return known
    const windows = new PolicyWindows(this.#maxSubjects)
    this.#policies.set(policy, windows)
    return windows
  }
}
