import { Problem, problemType } from "../Problem.ts"

/** 409: an account with this e-mail address exists. */
export class EmailTaken extends Problem<EmailTaken>()("EmailTaken", {
  type: problemType("email-taken"),
  status: 409,
  title: "E-mail already registered"
}) {}

/** 403: nobody can register here, or only with an invite (the setting `REGISTRATION`). */
export class RegistrationClosed extends Problem<RegistrationClosed>()("RegistrationClosed", {
  type: problemType("registration-closed"),
  status: 403,
  title: "Registration is closed"
}) {}

/** 400: the invite is unknown, used, revoked, for another e-mail address, or older than 7 days. */
export class InvalidInvite extends Problem<InvalidInvite>()("InvalidInvite", {
  type: problemType("invalid-invite"),
  status: 400,
  title: "The invite is not valid for this e-mail address"
}) {}

/** 400: the token that proves an e-mail address is unknown, used, or older than a day. */
export class InvalidEmailProof extends Problem<InvalidEmailProof>()("InvalidEmailProof", {
  type: problemType("invalid-email-proof"),
  status: 400,
  title: "The link is no longer valid"
}) {}

/** 403: the account must prove its e-mail address before it can upload (the setting `EMAIL_PROOF`). */
export class EmailNotProven extends Problem<EmailNotProven>()("EmailNotProven", {
  type: problemType("email-not-proven"),
  status: 403,
  title: "Open the link in the mail that you got when you registered"
}) {}

/** 409: the change would leave kite without an active admin. */
export class LastAdmin extends Problem<LastAdmin>()("LastAdmin", {
  type: problemType("last-admin"),
  status: 409,
  title: "Last active admin"
}) {}
