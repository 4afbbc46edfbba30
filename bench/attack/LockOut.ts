import type { Attack } from "./Attack.ts"
import { type Account, password, type Target } from "./Target.ts"

const guesses = 60

/** Seconds for which this login is refused. */
const secondsLockedOut = async (target: Target, { email }: Account, cookie = "") => {
  const { status, headers } = await target.logIn(email, password, cookie === "" ? {} : { cookie })
  return status === 200 ? 0 : Number(headers.get("retry-after") ?? Number.POSITIVE_INFINITY)
}

/** Strangers who try to keep an owner out, or to guess the password from many addresses. */
export const lockOut: Attack = {
  name: "9 lock-out",
  settings: {},
  run: async (target) => {
    const owner = await target.signUp()
    const [device] = Object.entries(owner.cookies).flatMap(([name, value]) =>
      name.endsWith("kite_device") ? [`${name}=${value}`] : []
    )
    for (let count = 0; count < 20; count++) {
      const { email } = owner
      await target.post("/api/auth/login", { email }, { "x-forwarded-for": target.newAddress() })
    }
    const malformed = await secondsLockedOut(target, owner)
    const replies = await Promise.all(
      Array.from({ length: guesses }, () => target.logIn(owner.email, "not the password"))
    )
    const known = await secondsLockedOut(target, owner, device)
    return [
      {
        what: "owner locked out by 20 logins without a password",
        before: "900 s, by 10",
        now: malformed,
        limit: 0,
        unit: "s"
      },
      {
        what: `owner's known device locked out by ${guesses} guesses`,
        before: "900 s",
        now: known,
        limit: 0,
        unit: "s"
      },
      {
        what: "guesses of strangers that were checked",
        before: "10",
        now: replies.filter(({ status }) => status === 401).length,
        limit: 10,
        unit: `of ${guesses}`
      }
    ]
  }
}
