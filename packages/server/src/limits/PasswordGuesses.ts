import type { User } from "@kite/domain/users/User"
import { Context, Effect, Layer } from "effect"
import { RateLimiter } from "./RateLimiter.ts"
import { emailSubject } from "./RequestSubjects.ts"

/** The wrong passwords that the limits remember of an account. */
export class PasswordGuesses extends Context.Service<
  PasswordGuesses,
  {
    /** Forgets those of every device and of every stranger, because the account has a new password. */
    readonly forget: (user: Pick<User, "id" | "email">) => Effect.Effect<void>
  }
>()("@kite/server/limits/PasswordGuesses") {
  static readonly layer = Layer.effect(
    PasswordGuesses,
    Effect.map(RateLimiter, (limiter) =>
      PasswordGuesses.of({
        forget: Effect.fn("PasswordGuesses.forget")(function* ({ id, email }) {
          const subject = emailSubject(email)
          yield* limiter.clear({ policy: { name: "password-account" }, subject: id })
          yield* limiter.clear({ policy: { name: "login-account" }, subject })
          yield* limiter.clearParts({ policy: { name: "login-device" }, subject })
        })
      })
    )
  )
}
