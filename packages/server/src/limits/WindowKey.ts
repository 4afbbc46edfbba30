import { createHash } from "node:crypto"
import type { Charge } from "@kite/domain/limits/Verdict"

const plain = /^[0-9A-Za-z.:/_-]{1,128}$/

/** Subjects are addresses, ids and hashes; any other text is hashed, so that no key is long or holds a brace. */
const subjectText = (subject: string) =>
  plain.test(subject) ? subject : createHash("sha256").update(subject).digest("hex")

/** `rl:{<subject>}:<policy>`: the hash tag keeps the policies of one subject in one slot of a Cluster. */
export const windowKey = ({ policy, subject }: Charge): string => `rl:{${subjectText(subject)}}:${policy.name}`
