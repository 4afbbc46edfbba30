import type { Attack } from "./Attack.ts"
import type { Account, Target } from "./Target.ts"

const english =
  "the quick brown fox jumps over a lazy dog while careful engineers measure invoices, 15% of them twice. "

/** Seconds until a word of the file is found, counted from the upload. */
const secondsToFind = async (target: Target, account: Account, content: string, q: string) => {
  const start = performance.now()
  await target.secondsToRead(account, content)
  for (;;) {
    const { json } = await target.send(`/api/documents?${new URLSearchParams({ q })}`, { headers: account.headers })
    const seconds = (performance.now() - start) / 1_000
    if (json.items.length > 0 || seconds > 60) return json.items.length > 0 ? seconds : Number.POSITIVE_INFINITY
  }
}

/** Text that PostgreSQL's own parser needs many seconds for. */
export const indexing: Attack = {
  name: "1 indexing",
  settings: {},
  run: async (target) => {
    const account = await target.signUp()
    return [
      {
        what: "40 kB of a_ until it is found",
        before: "9 s and more, tried 8 times",
        now: await secondsToFind(target, account, `needle ${"a_".repeat(20_000)}`, "needle"),
        limit: 3,
        unit: "s"
      },
      {
        what: "10 MB of a_ until it is found",
        before: "never",
        now: await secondsToFind(target, account, `haystack ${"a_".repeat(5_000_000)}`, "haystack"),
        limit: 10,
        unit: "s"
      },
      {
        what: "15 MiB of English until it is found",
        before: "7.5 s and more, tried 8 times",
        now: await secondsToFind(
          target,
          account,
          `straw ${english.repeat((15 * 1024 * 1024) / english.length)}`,
          "straw"
        ),
        limit: 7.5,
        unit: "s"
      }
    ]
  }
}
