import { Problem, problemType } from "../Problem.ts"

/** 409: an account with this e-mail address exists. */
export class EmailTaken extends Problem<EmailTaken>()("EmailTaken", {
  type: problemType("email-taken"),
  status: 409,
  title: "E-mail already registered"
}) {}

/** 409: the change would leave kite without an active admin. */
export class LastAdmin extends Problem<LastAdmin>()("LastAdmin", {
  type: problemType("last-admin"),
  status: 409,
  title: "Last active admin"
}) {}
