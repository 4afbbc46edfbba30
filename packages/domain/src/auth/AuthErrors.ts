import { HttpApiError } from "effect/http-api"
import { problemType } from "../Problem.ts"

/** 401: the bearer token is missing, invalid, expired or revoked. */
export class Unauthenticated extends HttpApiError.Problem<Unauthenticated>()("Unauthenticated", {
  type: problemType("unauthenticated"),
  status: 401,
  title: "A valid access token is required"
}) {}

/** 401: the e-mail or the password is wrong, or the account is deactivated; the response does not say which. */
export class InvalidCredentials extends HttpApiError.Problem<InvalidCredentials>()("InvalidCredentials", {
  type: problemType("invalid-credentials"),
  status: 401,
  title: "The e-mail or the password is wrong"
}) {}

/** 401: the refresh cookie is missing, unknown, used up or expired. */
export class InvalidSession extends HttpApiError.Problem<InvalidSession>()("InvalidSession", {
  type: problemType("invalid-session"),
  status: 401,
  title: "The session has ended"
}) {}

/** 400: the password contains the e-mail address or is too common. */
export class WeakPassword extends HttpApiError.Problem<WeakPassword>()("WeakPassword", {
  type: problemType("weak-password"),
  status: 400,
  title: "The password is too easy to guess"
}) {}

/** 403: the current password, required for a change, is wrong. Not 401: the access token is valid. */
export class WrongPassword extends HttpApiError.Problem<WrongPassword>()("WrongPassword", {
  type: problemType("wrong-password"),
  status: 403,
  title: "The current password is wrong"
}) {}

/** Whether an error says that a password was checked and is wrong. Policies that count failures count these errors alone. */
export const isWrongPassword = (error: unknown): boolean =>
  error instanceof InvalidCredentials || error instanceof WrongPassword

/** 400: the reset token is unknown, used, replaced or older than an hour. */
export class InvalidResetToken extends HttpApiError.Problem<InvalidResetToken>()("InvalidResetToken", {
  type: problemType("invalid-reset-token"),
  status: 400,
  title: "The reset link is no longer valid"
}) {}

/** 403: a cookie endpoint was called from another origin, or without an `Origin` header. */
export class ForeignOrigin extends HttpApiError.Problem<ForeignOrigin>()("ForeignOrigin", {
  type: problemType("foreign-origin"),
  status: 403,
  title: "The request comes from another origin"
}) {}

/** 403: the account lacks the role that this endpoint requires. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()("Forbidden", {
  type: problemType("forbidden"),
  status: 403,
  title: "Your role does not allow this"
}) {}
