import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { Email } from "../users/Email.ts"
import { EmailProofToken, InviteToken } from "../users/MailedTokens.ts"
import { User } from "../users/User.ts"
import { EmailTaken, InvalidEmailProof, InvalidInvite, RegistrationClosed } from "../users/UserErrors.ts"
import {
  ForeignOrigin,
  InvalidCredentials,
  InvalidResetToken,
  InvalidSession,
  WeakPassword,
  WrongPassword
} from "./AuthErrors.ts"
import { Authentication } from "./Authentication.ts"
import { NewPassword, PasswordAttempt, ResetToken } from "./Password.ts"

/** What login and refresh return; the refresh token travels in an httpOnly cookie. `expiresIn` is in seconds. */
export const Session = Schema.Struct({
  accessToken: Schema.String,
  tokenType: Schema.Literal("Bearer"),
  expiresIn: Schema.Int,
  user: User
}).annotate({ identifier: "Session" })
export type Session = typeof Session.Type

export class AuthApi extends HttpApiGroup.make("auth")
  .add(
    HttpApiEndpoint.post("register", "/register", {
      payload: Schema.Struct({ email: Email, password: NewPassword, invite: Schema.optionalKey(InviteToken) }),
      success: User.pipe(HttpApiSchema.status(201)),
      error: [EmailTaken, WeakPassword, RegistrationClosed, InvalidInvite]
    })
      .annotate(OpenApi.Summary, "Create an account")
      .annotate(
        OpenApi.Description,
        "Depending on the setting `REGISTRATION`, anybody may register, or only with the token of an invite, or nobody."
      )
      .annotate(RateLimitPolicies, ["auth-ip"]),
    HttpApiEndpoint.post("login", "/login", {
      payload: Schema.Struct({ email: Email, password: PasswordAttempt }),
      success: Session,
      error: [InvalidCredentials, ForeignOrigin]
    })
      .annotate(OpenApi.Summary, "Log in")
      .annotate(RateLimitPolicies, ["auth-ip", "login-account"]),
    HttpApiEndpoint.post("refresh", "/refresh", {
      success: Session,
      error: [InvalidSession, ForeignOrigin]
    })
      .annotate(OpenApi.Summary, "Get a new access token with the refresh cookie")
      .annotate(RateLimitPolicies, ["auth-ip"]),
    HttpApiEndpoint.post("logout", "/logout", { success: HttpApiSchema.NoContent, error: ForeignOrigin }).annotate(
      OpenApi.Summary,
      "Log out"
    ),
    HttpApiEndpoint.post("logoutAll", "/logout-all", { success: HttpApiSchema.NoContent })
      .annotate(OpenApi.Summary, "Log out everywhere")
      .middleware(Authentication),
    HttpApiEndpoint.get("me", "/me", { success: User })
      .annotate(OpenApi.Summary, "Read your account and quota")
      .middleware(Authentication),
    HttpApiEndpoint.post("changePassword", "/password", {
      payload: Schema.Struct({ currentPassword: PasswordAttempt, newPassword: NewPassword }),
      success: HttpApiSchema.NoContent,
      error: [WrongPassword, WeakPassword]
    })
      .annotate(OpenApi.Summary, "Change your password")
      .middleware(Authentication)
      .annotate(RateLimitPolicies, ["auth-ip"]),
    HttpApiEndpoint.post("requestPasswordReset", "/password-reset", {
      payload: Schema.Struct({ email: Email }),
      success: HttpApiSchema.Accepted
    })
      .annotate(OpenApi.Summary, "Request a password-reset link by mail")
      .annotate(RateLimitPolicies, ["password-reset-ip"]),
    HttpApiEndpoint.post("confirmPasswordReset", "/password-reset/confirm", {
      payload: Schema.Struct({ token: ResetToken, newPassword: NewPassword }),
      success: HttpApiSchema.NoContent,
      error: [InvalidResetToken, WeakPassword]
    })
      .annotate(OpenApi.Summary, "Set a new password with a reset link")
      .annotate(RateLimitPolicies, ["password-reset-ip"]),
    HttpApiEndpoint.post("requestEmailProof", "/email-proof", { success: HttpApiSchema.Accepted })
      .annotate(OpenApi.Summary, "Request another mail to prove your e-mail address")
      .annotate(
        OpenApi.Description,
        "Registration sends the first one if the setting `EMAIL_PROOF` is `on`. There is no mail if the address is proven, and at most three in an hour."
      )
      .middleware(Authentication)
      .annotate(RateLimitPolicies, ["password-reset-ip"]),
    HttpApiEndpoint.post("confirmEmailProof", "/email-proof/confirm", {
      payload: Schema.Struct({ token: EmailProofToken }),
      success: HttpApiSchema.NoContent,
      error: InvalidEmailProof
    })
      .annotate(OpenApi.Summary, "Prove your e-mail address with the token from the mail")
      .annotate(RateLimitPolicies, ["auth-ip"])
  )
  .middleware(IpRateLimit)
  .prefix("/api/auth")
  .annotateMerge(OpenApi.annotations({ title: "Auth", description: "Accounts and sessions" })) {}
