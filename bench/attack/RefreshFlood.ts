import type { Attack } from "./Attack.ts"

const logins = 50
const refreshes = 10

/** A flood of logins from the address that an open session comes from. */
export const refreshFlood: Attack = {
  name: "10 refresh",
  settings: {},
  run: async (target) => {
    const user = await target.signUp()
    const address = { "x-forwarded-for": target.newAddress() }
    const stranger = `somebody@example.org`
    const replies = await Promise.all(
      Array.from({ length: logins }, () => target.logIn(stranger, "not the password", address))
    )
    if (replies.every(({ status }) => status !== 429)) throw new Error("the flood used up no limit")
    let cookie = Object.entries(user.cookies).flatMap(([name, value]) =>
      name.endsWith("kite_refresh") ? [`${name}=${value}`] : []
    )[0]
    let refused = 0
    for (let count = 0; count < refreshes; count++) {
      const { status, headers } = await target.post(
        "/api/auth/refresh",
        {},
        { ...address, cookie: cookie ?? "", origin: target.url }
      )
      if (status !== 200) refused += 1
      cookie =
        headers
          .getSetCookie()
          .find((line) => line.includes("kite_refresh="))
          ?.split(";")[0] ?? cookie
    }
    return [
      {
        what: `refreshes refused after ${logins} logins from the same address`,
        before: "all, for 60 s",
        now: refused,
        limit: 0,
        unit: `of ${refreshes}`
      }
    ]
  }
}
