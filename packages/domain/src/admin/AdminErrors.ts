import { Problem, problemType } from "../Problem.ts"

/** 409: the change would leave kite without an active admin. */
export class LastAdmin extends Problem<LastAdmin>()("LastAdmin", {
  type: problemType("last-admin"),
  status: 409,
  title: "Last active admin"
}) {}
