import { HttpApiError } from "effect/http-api"
import { problemType } from "../Problem.ts"

/** 409: an account with this e-mail address exists. */
export class EmailTaken extends HttpApiError.Problem<EmailTaken>()("EmailTaken", {
  type: problemType("email-taken"),
  status: 409,
  title: "An account with this e-mail address already exists"
}) {}

/** 409: the change would leave kite without an active admin. */
export class LastAdmin extends HttpApiError.Problem<LastAdmin>()("LastAdmin", {
  type: problemType("last-admin"),
  status: 409,
  title: "The last active admin cannot be deactivated or demoted"
}) {}
