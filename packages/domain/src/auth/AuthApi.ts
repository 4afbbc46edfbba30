import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { AccountRateLimit, IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { checksOrigin, documented, usesRefreshCookie } from "../openapi/Operation.ts"
import { bodyProblems } from "../Problem.ts"
import { Email } from "../users/Email.ts"
import { EmailProofToken, InviteToken } from "../users/MailedTokens.ts"
import { User } from "../users/User.ts"
import { EmailTaken, InvalidEmailProof, InvalidInvite, RegistrationClosed } from "../users/UserErrors.ts"
import {
  ForeignOrigin,
  InvalidCredentials,
  InvalidResetToken,
  InvalidSession,
  MissingOrigin,
  WeakPassword,
  WrongPassword
} from "./AuthErrors.ts"
import { Authentication } from "./Authentication.ts"
import { NewPassword, PasswordAttempt, ResetToken } from "./Password.ts"

/** The response of login and refresh. The refresh token is in an httpOnly cookie. `expiresIn` is in seconds. */
export const Session = Schema.Struct({
  accessToken: Schema.String,
  tokenType: Schema.Literal("Bearer"),
  expiresIn: Schema.Int,
  user: User
}).annotate({ identifier: "Session", description: "The access token and its account" })
export type Session = typeof Session.Type

export class AuthApi extends HttpApiGroup.make("auth")
  .add(
    HttpApiEndpoint.post("register", "/register", {
      payload: Schema.Struct({ email: Email, password: NewPassword, invite: Schema.optionalKey(InviteToken) }).annotate(
        { identifier: "Registration" }
      ),
      success: User.pipe(HttpApiSchema.status(201)),
      error: [EmailTaken, WeakPassword, RegistrationClosed, InvalidInvite, ...bodyProblems]
    })
      .annotateMerge(
        documented({
          summary: "Create an account",
          description:
            "Creates an account with the role `user` and the default quota. It does not log in. The setting `REGISTRATION` tells who may register: everybody, only with the token of an invite, or nobody."
        })
      )
      .annotate(RateLimitPolicies, ["auth-ip"]),
    HttpApiEndpoint.post("login", "/login", {
      payload: Schema.Struct({ email: Email, password: PasswordAttempt }).annotate({ identifier: "Login" }),
      success: Session,
      error: [InvalidCredentials, ForeignOrigin, ...bodyProblems]
    })
      .annotateMerge(
        documented({
          summary: "Log in",
          description:
            "Starts a session: returns an access token and sets the refresh cookie. A session whose cookie is sent along ends. An `Origin`, if sent, must be allowed.",
          headers: { 200: ["Set-Cookie"] },
          change: checksOrigin
        })
      )
      .annotate(RateLimitPolicies, ["auth-ip", "login-account", "login-device"]),
    HttpApiEndpoint.post("refresh", "/refresh", {
      success: Session,
      error: [InvalidSession, ForeignOrigin, MissingOrigin]
    })
      .annotateMerge(
        documented({
          summary: "Get a new access token",
          description:
            "Exchanges the refresh cookie for a new access token and a new cookie. Each cookie works once; using one again ends the session.",
          headers: { 200: ["Set-Cookie"] },
          change: usesRefreshCookie
        })
      )
      .annotate(RateLimitPolicies, ["refresh-session", "refresh-ip"]),
    HttpApiEndpoint.post("logout", "/logout", {
      success: HttpApiSchema.NoContent,
      error: [ForeignOrigin, MissingOrigin]
    }).annotateMerge(
      documented({
        summary: "Log out",
        description:
          "Ends the session of the refresh cookie, and deletes the cookie. Without a cookie it does nothing.",
        headers: { 204: ["Set-Cookie"] },
        change: (operation) => ({ ...usesRefreshCookie(operation), security: [{ refreshCookie: [] }, {}] })
      })
    ),
    HttpApiEndpoint.post("logoutAll", "/logout-all", { success: HttpApiSchema.NoContent })
      .annotateMerge(
        documented({
          summary: "Log out everywhere",
          description: "Ends all sessions of the account, including this one.",
          headers: { 204: ["Set-Cookie"] }
        })
      )
      .middleware(Authentication),
    HttpApiEndpoint.get("me", "/me", { success: User })
      .annotateMerge(
        documented({ summary: "Get your account", description: "Your account, and how much of its quota is used." })
      )
      .middleware(Authentication),
    HttpApiEndpoint.post("changePassword", "/password", {
      payload: Schema.Struct({ currentPassword: PasswordAttempt, newPassword: NewPassword }).annotate({
        identifier: "PasswordChange"
      }),
      success: HttpApiSchema.NoContent,
      error: [WrongPassword, WeakPassword, ...bodyProblems]
    })
      .annotateMerge(
        documented({
          summary: "Change your password",
          description: "Needs the current password. All other sessions of the account end."
        })
      )
      .middleware(AccountRateLimit)
      .middleware(Authentication)
      .annotate(RateLimitPolicies, ["auth-ip", "password-account"]),
    HttpApiEndpoint.post("requestPasswordReset", "/password-reset", {
      payload: Schema.Struct({ email: Email }).annotate({ identifier: "PasswordResetRequest" }),
      success: HttpApiSchema.Accepted,
      error: bodyProblems
    })
      .annotateMerge(
        documented({
          summary: "Request a password reset",
          description:
            "Mails a reset link, valid for one hour, to the address if it has an account. The response is the same if it has none."
        })
      )
      .annotate(RateLimitPolicies, ["password-reset-ip"]),
    HttpApiEndpoint.post("confirmPasswordReset", "/password-reset/confirm", {
      payload: Schema.Struct({ token: ResetToken, newPassword: NewPassword }).annotate({
        identifier: "PasswordResetConfirmation"
      }),
      success: HttpApiSchema.NoContent,
      error: [InvalidResetToken, WeakPassword, ...bodyProblems]
    })
      .annotateMerge(
        documented({
          summary: "Set a new password",
          description: "Uses the token of a reset link, once. All sessions of the account end; it does not log in."
        })
      )
      .annotate(RateLimitPolicies, ["password-reset-ip"]),
    HttpApiEndpoint.post("requestEmailProof", "/email-proof", { success: HttpApiSchema.Accepted })
      .annotateMerge(
        documented({
          summary: "Request a mail to prove your e-mail address",
          description:
            "Registration sends the first one if the setting `EMAIL_PROOF` is `on`. kite sends no mail if the address is proven, and at most three in an hour."
        })
      )
      .middleware(Authentication)
      .annotate(RateLimitPolicies, ["password-reset-ip"]),
    HttpApiEndpoint.post("confirmEmailProof", "/email-proof/confirm", {
      payload: Schema.Struct({ token: EmailProofToken }).annotate({ identifier: "EmailProof" }),
      success: HttpApiSchema.NoContent,
      error: [InvalidEmailProof, ...bodyProblems]
    })
      .annotateMerge(
        documented({
          summary: "Prove your e-mail address",
          description: "Uses the token of the mail, once. The account can upload from then on."
        })
      )
      .annotate(RateLimitPolicies, ["auth-ip"])
  )
  .middleware(IpRateLimit)
  .prefix("/api/auth")
  .annotateMerge(OpenApi.annotations({ title: "Auth", description: "Your account, sessions and password." })) {}
