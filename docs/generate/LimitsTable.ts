import { policyTable } from "@kite/domain/limits/RateLimitPolicy"

const subjects = {
  ip: "client address",
  account: "account",
  session: "session",
  email: "e-mail",
  device: "e-mail and device"
} as const

const units = { s: "second", m: "minute", h: "hour", d: "day" } as const

/** `10/15m` as "10 in 15 minutes". */
const limitOf = (text: string) => {
  const [, limit = "", count = "", unit = "s"] = /^(\d+)\/(\d+)([smhd])$/.exec(text) ?? []
  const name = units[unit as keyof typeof units]
  return count === "1" ? `${limit} in a ${name}`.replace("a hour", "an hour") : `${limit} in ${count} ${name}s`
}

/** The table of the rate-limit policies, from the table that the server reads. */
export const limitsTable = (): string =>
  [
    "| policy | what it limits | counted by | default |",
    "|---|---|---|---|",
    ...Object.entries(policyTable).map(
      ([name, { subject, description, defaultLimit }]) =>
        `| \`${name}\` | ${description} | ${subjects[subject]} | ${limitOf(defaultLimit)} |`
    )
  ].join("\n")
