import { Settings } from "@kite/adapters/settings/Settings"
import type { WeakPassword } from "@kite/domain/auth/AuthErrors"
import type { NewPassword } from "@kite/domain/auth/Password"
import type { Email } from "@kite/domain/users/Email"
import type { InviteToken } from "@kite/domain/users/MailedTokens"
import type { User } from "@kite/domain/users/User"
import { type EmailTaken, type InvalidInvite, RegistrationClosed } from "@kite/domain/users/UserErrors"
import { Context, Effect, Layer } from "effect"
import { Accounts } from "../users/Accounts.ts"
import { EmailProofs } from "../users/EmailProofs.ts"
import { Invites } from "./Invites.ts"

/** Who may create an account for themselves: everybody, who has an invite, or nobody (REGISTRATION). */
export class Registration extends Context.Service<
  Registration,
  {
    /** An invite is checked first, so that the response tells nobody without one whether the address has an account. */
    readonly register: (user: {
      readonly email: Email
      readonly password: NewPassword
      readonly invite?: InviteToken
    }) => Effect.Effect<User, EmailTaken | WeakPassword | RegistrationClosed | InvalidInvite>
  }
>()("@kite/server/invites/Registration") {
  static readonly layerNoDeps = Layer.effect(
    Registration,
    Effect.gen(function* () {
      const { REGISTRATION: mode = "invite", EMAIL_PROOF } = yield* Settings
      const accounts = yield* Accounts
      const invites = yield* Invites
      const proofs = yield* EmailProofs

      return Registration.of({
        register: Effect.fn("Registration.register")(function* ({ email, password, invite: token }) {
          if (mode === "closed") return yield* new RegistrationClosed({})
          if (token !== undefined) {
            const { role, limitBytes } = yield* invites.find(token, email)
            const user = { email, password, role, ...(limitBytes !== null && { limitBytes }) }
            return yield* accounts.register(user, (id) => invites.use(token, email, id))
          }
          if (mode === "invite") return yield* new RegistrationClosed({ detail: "You need an invite" })
          const user = yield* accounts.register({ email, password })
          if (EMAIL_PROOF === "on") yield* proofs.request(user.id)
          return user
        })
      })
    })
  )

  static readonly layer = Registration.layerNoDeps.pipe(
    Layer.provide([Accounts.layer, Invites.layer, EmailProofs.layer])
  )
}
