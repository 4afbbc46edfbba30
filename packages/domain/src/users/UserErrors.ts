import { HttpApiError } from "effect/http-api"
import { problemType } from "../Problem.ts"

/** 409: without this account nobody could administrate kite any more. */
export class LastAdmin extends HttpApiError.Problem<LastAdmin>()("LastAdmin", {
  type: problemType("last-admin"),
  status: 409,
  title: "The last active admin must stay one"
}) {}
