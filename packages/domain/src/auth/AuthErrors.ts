import { HttpApiError } from "effect/http-api"
import { problemType } from "../Problem.ts"

/** 401: no bearer token, or one that is not valid (any longer). */
export class Unauthenticated extends HttpApiError.Problem<Unauthenticated>()("Unauthenticated", {
  type: problemType("unauthenticated"),
  status: 401,
  title: "A valid access token is needed"
}) {}

/** 401: e-mail or password is wrong, or the account is deactivated; which one stays untold. */
export class InvalidCredentials extends HttpApiError.Problem<InvalidCredentials>()("InvalidCredentials", {
  type: problemType("invalid-credentials"),
  status: 401,
  title: "E-mail or password is wrong"
}) {}

/** 401: the refresh cookie is missing, unknown, used up or expired. */
export class InvalidSession extends HttpApiError.Problem<InvalidSession>()("InvalidSession", {
  type: problemType("invalid-session"),
  status: 401,
  title: "The session has ended"
}) {}

/** 409: an account with this e-mail exists. */
export class EmailTaken extends HttpApiError.Problem<EmailTaken>()("EmailTaken", {
  type: problemType("email-taken"),
  status: 409,
  title: "An account with this e-mail exists already"
}) {}

/** 400: the password holds the e-mail address or is among the most common ones. */
export class WeakPassword extends HttpApiError.Problem<WeakPassword>()("WeakPassword", {
  type: problemType("weak-password"),
  status: 400,
  title: "The password is too easy to guess"
}) {}

/** 403: the current password, asked for again before a change, is wrong. Not 401: the access token is valid. */
export class WrongPassword extends HttpApiError.Problem<WrongPassword>()("WrongPassword", {
  type: problemType("wrong-password"),
  status: 403,
  title: "The current password is wrong"
}) {}

/** 400: the reset token is unknown, used, replaced or older than an hour. */
export class InvalidResetToken extends HttpApiError.Problem<InvalidResetToken>()("InvalidResetToken", {
  type: problemType("invalid-reset-token"),
  status: 400,
  title: "The reset link is not valid any longer"
}) {}

/** 403: a cookie endpoint was called from another origin, or by a client that names none. */
export class ForeignOrigin extends HttpApiError.Problem<ForeignOrigin>()("ForeignOrigin", {
  type: problemType("foreign-origin"),
  status: 403,
  title: "The request comes from another origin"
}) {}
