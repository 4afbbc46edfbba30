import type { Answer } from "@kite/testkit/http/Client"

/** The `Set-Cookie` line of the device cookie, as a list of its pair and its attributes. */
export const deviceCookieOf = (answer: Answer): ReadonlyArray<string> =>
  answer.headers
    .getSetCookie()
    .find((cookie) => /^(__Secure-)?kite_device=/.test(cookie))
    ?.split("; ") ?? []

/** The `name=value` that the device sends with its next login. */
export const deviceOf = (answer: Answer): string => deviceCookieOf(answer)[0] ?? ""
