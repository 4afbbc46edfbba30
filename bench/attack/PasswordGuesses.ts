import type { Attack } from "./Attack.ts"
import { password } from "./Target.ts"

const guesses = 30
const admin = "admin@example.org"

/** Somebody with a stolen access token guesses the password, each time from another address. */
export const passwordGuesses: Attack = {
  name: "12 password change",
  settings: { ADMIN_EMAIL: admin, ADMIN_PASSWORD: password },
  run: async (target) => {
    const user = await target.signUp()
    const body = { currentPassword: "not the password", newPassword: "something entirely new" }
    const statuses: Array<number> = []
    for (let count = 0; count < guesses; count++) {
      const headers = { ...user.headers, "x-forwarded-for": target.newAddress() }
      statuses.push((await target.post("/api/auth/password", body, headers)).status)
    }
    const checked = statuses.filter((status) => status === 403).length
    const { headers } = await target.enter(admin)
    const { json } = await target.send("/api/admin/audit?action=password_change_failed&limit=100", { headers })
    return [
      {
        what: "guesses of the current password that were checked",
        before: "all",
        now: checked,
        limit: 10,
        unit: `of ${guesses}`
      },
      {
        what: "checked guesses that the audit log does not have",
        before: "all",
        now: checked - json.items.length,
        limit: 0,
        unit: `of ${checked}`
      }
    ]
  }
}
