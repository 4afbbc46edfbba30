import type { RateLimit } from "@kite/domain/limits/RateLimit"
import { type Decision, decide } from "@kite/domain/limits/SlidingWindow"

/** A subject's admission times, oldest first, and its neighbours in the ring of windows that are equally full. */
interface Window {
  readonly subject: string
  readonly times: Array<number>
  before: Window
  after: Window
}

const none: ReadonlyArray<number> = []
/** Windows with fewer units than the limit are told apart by sixteenths of it. */
const levels = 16

const levelOf = (units: number, limit: number) => (units >= limit ? levels : Math.floor((units * levels) / limit))

/** A window alone in a ring. A ring's head is a window without a subject: after it comes the least recently charged. */
const makeWindow = (subject: string): Window => {
  const window: Omit<Window, "before" | "after"> & Partial<Window> = { subject, times: [] }
  return Object.assign(window, { before: window as Window, after: window as Window })
}

const append = (ring: Window, window: Window) => {
  window.before = ring.before
  window.after = ring
  ring.before.after = window
  ring.before = window
}

const unlink = ({ before, after }: Window) => {
  before.after = after
  after.before = before
}

/**
 * The windows of one policy in this process, at most `maxSubjects`. Beyond it, a window whose units have all expired is evicted, or
 * else the emptiest one: a full window is the last to go, so no flood of new subjects frees a subject that is refused. How full a
 * window is counts as of its last charge.
 */
export class PolicyWindows {
  readonly #maxSubjects: number
  readonly #windows = new Map<string, Window>()
  readonly #rings = Array.from({ length: levels + 1 }, () => makeWindow(""))
  #nextRing = 0

  constructor(maxSubjects: number) {
    this.#maxSubjects = maxSubjects
  }

  get size(): number {
    return this.#windows.size
  }

  decide(subject: string, now: number, rule: RateLimit, cost: number): Decision {
    return decide(this.#windows.get(subject)?.times ?? none, now, rule, cost)
  }

  /** Charges unconditionally. `now` is not before the subject's newest unit. */
  charge(subject: string, now: number, rule: RateLimit, cost: number): void {
    const window = this.#windows.get(subject) ?? this.#add(subject)
    const { times } = window
    const { dead } = decide(times, now, rule, 0)
    if (dead > 0) times.splice(0, dead)
    for (let unit = 0; unit < cost; unit++) times.push(now)
    this.#evict(this.#place(window, rule.limit), window, now - rule.windowMs)
  }

  /** Removes what was charged at that time, if it is still there. */
  giveBack(subject: string, at: number, rule: RateLimit, cost: number): void {
    const window = this.#windows.get(subject)
    const last = window?.times.lastIndexOf(at) ?? -1
    if (window === undefined || last < 0) return
    let first = last
    while (first > 0 && last - first + 1 < cost && window.times[first - 1] === at) first--
    window.times.splice(first, last - first + 1)
    if (window.times.length === 0) this.#remove(window)
    else this.#place(window, rule.limit)
  }

  clear(subject: string): void {
    const window = this.#windows.get(subject)
    if (window !== undefined) this.#remove(window)
  }

  /** Clears every subject that starts with the prefix. */
  clearAll(prefix: string): void {
    for (const [subject, window] of this.#windows) if (subject.startsWith(prefix)) this.#remove(window)
  }

  #add(subject: string): Window {
    const window = makeWindow(subject)
    this.#windows.set(subject, window)
    return window
  }

  #remove(window: Window): void {
    unlink(window)
    this.#windows.delete(window.subject)
  }

  #place(window: Window, limit: number): Window {
    unlink(window)
    const ring = this.#rings[levelOf(window.times.length, limit)] ?? window
    append(ring, window)
    return ring
  }

  /**
   * A charge adds at most one window, and removes up to two expired ones of its own ring and of the next ring in turn: no call has
   * to sweep them all.
   */
  #evict(own: Window, added: Window, bound: number): void {
    this.#removeExpired(own, bound)
    const other = this.#rings[this.#nextRing++ % this.#rings.length]
    if (other !== undefined && other !== own) this.#removeExpired(other, bound)
    if (this.#windows.size <= this.#maxSubjects) return
    for (const ring of this.#rings) this.#removeExpired(ring, bound)
    if (this.#windows.size <= this.#maxSubjects) return
    for (const ring of this.#rings) {
      const emptiest = ring.after === added ? added.after : ring.after
      if (emptiest === ring) continue
      this.#remove(emptiest)
      return
    }
  }

  #removeExpired(ring: Window, bound: number): void {
    for (let count = 0; count < 2; count++) {
      const oldest = ring.after
      if (oldest === ring || (oldest.times.at(-1) ?? bound) > bound) return
      this.#remove(oldest)
    }
  }
}
