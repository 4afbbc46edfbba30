import { Problem, problemType } from "../Problem.ts"

/** 401: no bearer token, or one that is invalid or expired. */
export class Unauthenticated extends Problem<Unauthenticated>()("Unauthenticated", {
  type: problemType("unauthenticated"),
  status: 401,
  title: "Authentication required"
}) {}

/** 401: e-mail or password is wrong, or the account is deactivated; the response does not tell which. */
export class InvalidCredentials extends Problem<InvalidCredentials>()("InvalidCredentials", {
  type: problemType("invalid-credentials"),
  status: 401,
  title: "Wrong e-mail or password"
}) {}

/** 401: the refresh cookie is missing, unknown, already used or expired. */
export class InvalidSession extends Problem<InvalidSession>()("InvalidSession", {
  type: problemType("invalid-session"),
  status: 401,
  title: "Session expired"
}) {}

/** 400: the password contains the e-mail address or is a common one. */
export class WeakPassword extends Problem<WeakPassword>()("WeakPassword", {
  type: problemType("weak-password"),
  status: 400,
  title: "Password too easy to guess"
}) {}

/** 403: the current password, required for a change, is wrong. Not 401: the access token is valid. */
export class WrongPassword extends Problem<WrongPassword>()("WrongPassword", {
  type: problemType("wrong-password"),
  status: 403,
  title: "Wrong current password"
}) {}

/** Whether an error says that a password was checked and is wrong. Policies that count failures count these errors alone. */
export const isWrongPassword = (error: unknown): boolean =>
  error instanceof InvalidCredentials || error instanceof WrongPassword

/** 400: the reset token is unknown, used, replaced or older than an hour. */
export class InvalidResetToken extends Problem<InvalidResetToken>()("InvalidResetToken", {
  type: problemType("invalid-reset-token"),
  status: 400,
  title: "Invalid or expired reset link"
}) {}

/** 403: an endpoint that uses the refresh cookie was called without `Origin`; `detail` says what to send. */
export class MissingOrigin extends Problem<MissingOrigin>()("MissingOrigin", {
  type: problemType("missing-origin"),
  status: 403,
  title: "Origin missing"
}) {}

/** 403: an endpoint that uses the refresh cookie was called from another origin. */
export class ForeignOrigin extends Problem<ForeignOrigin>()("ForeignOrigin", {
  type: problemType("foreign-origin"),
  status: 403,
  title: "Origin not allowed"
}) {}

/** 403: the account lacks the role that this endpoint requires. */
export class Forbidden extends Problem<Forbidden>()("Forbidden", {
  type: problemType("forbidden"),
  status: 403,
  title: "Role not sufficient"
}) {}
