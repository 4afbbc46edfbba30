import { HttpApiError } from "effect/http-api"
import { problemType } from "../Problem.ts"

/** 409: an account with this e-mail address exists. */
export class EmailTaken extends HttpApiError.Problem<EmailTaken>()("EmailTaken", {
  type: problemType("email-taken"),
  status: 409,
  title: "An account with this e-mail address already exists"
}) {}

/** 403: nobody can register here, or only with an invite (the setting `REGISTRATION`). */
export class RegistrationClosed extends HttpApiError.Problem<RegistrationClosed>()("RegistrationClosed", {
  type: problemType("registration-closed"),
  status: 403,
  title: "Registration is closed"
}) {}

/** 400: the invite is unknown, used, revoked, for another e-mail address, or older than 7 days. */
export class InvalidInvite extends HttpApiError.Problem<InvalidInvite>()("InvalidInvite", {
  type: problemType("invalid-invite"),
  status: 400,
  title: "The invite is not valid for this e-mail address"
}) {}

/** 400: the token that proves an e-mail address is unknown, used, or older than a day. */
export class InvalidEmailProof extends HttpApiError.Problem<InvalidEmailProof>()("InvalidEmailProof", {
  type: problemType("invalid-email-proof"),
  status: 400,
  title: "The link is no longer valid"
}) {}

/** 403: the account must prove its e-mail address before it can upload (the setting `EMAIL_PROOF`). */
export class EmailNotProven extends HttpApiError.Problem<EmailNotProven>()("EmailNotProven", {
  type: problemType("email-not-proven"),
  status: 403,
  title: "Open the link in the mail that you got when you registered"
}) {}

/** 409: the change would leave kite without an active admin. */
export class LastAdmin extends HttpApiError.Problem<LastAdmin>()("LastAdmin", {
  type: problemType("last-admin"),
  status: 409,
  title: "The last active admin cannot be deactivated or demoted"
}) {}
