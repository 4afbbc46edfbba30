import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { type Charge, settle, type TimedVerdict, type WindowName } from "@kite/domain/limits/Verdict"

/** SlidingWindow.lua, which says what its keys, arguments and replies are. This is the only place that reads the file. */
export const windowScript = readFileSync(new URL("./SlidingWindow.lua", import.meta.url), "utf8")

/** What EVALSHA names the script by. */
export const windowScriptSha = createHash("sha1").update(windowScript).digest("hex")

const plain = /^[0-9A-Za-z.:/_-]{1,128}$/

/** Subjects are addresses, ids and hashes. Any other text is hashed, so that no key is long or contains a brace. */
const subjectText = (subject: string) =>
  plain.test(subject) ? subject : createHash("sha256").update(subject).digest("hex")

/** `rl:{<subject>}:<policy>`: the hash tag keeps all policies of one subject in one slot of a Redis Cluster. */
export const windowKey = ({ policy, subject, part }: WindowName): string => {
  const key = `rl:{${subjectText(subject)}}:${policy.name}`
  return part === undefined ? key : `${key}:${subjectText(part)}`
}

/** The arguments after the script: the number of keys, the keys, and four values per charge. */
export const scriptArguments = (
  requests: ReadonlyArray<ReadonlyArray<Charge>>
): [number, ...Array<string | number>] => {
  const keys: Array<string | number> = []
  const rules: Array<string | number> = []
  for (const charges of requests) {
    for (let index = 0; index < charges.length; index++) {
      const charge = charges[index]
      if (charge === undefined) continue
      keys.push(windowKey(charge))
      rules.push(charge.policy.limit, charge.policy.windowMs, charge.cost ?? 1, index === charges.length - 1 ? 1 : 0)
    }
  }
  return [keys.length, ...keys, ...rules]
}

/** The verdict on each request, in their order. */
export const readReplies = (
  requests: ReadonlyArray<ReadonlyArray<Charge>>,
  reply: ReadonlyArray<number>
): ReadonlyArray<TimedVerdict> => {
  let at = 0
  const decision = () => ({
    allowed: reply[at++] === 1,
    available: reply[at++] ?? 0,
    retryAfterMs: reply[at++] ?? 0,
    resetMs: reply[at++] ?? 0,
    now: reply[at++] ?? 0
  })
  return requests.map((charges) => settle(charges, charges.map(decision)))
}
