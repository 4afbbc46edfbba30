import { Context } from "effect"
import { HttpApiError, HttpApiMiddleware } from "effect/http-api"
import { problemType } from "../Problem.ts"
import type { Role } from "../users/User.ts"
import type { CurrentUser } from "./CurrentUser.ts"

/** 403: the account has not the role that this endpoint needs. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()("Forbidden", {
  type: problemType("forbidden"),
  status: 403,
  title: "Your role does not allow this"
}) {}

/** Annotation of an endpoint or a group: the role it needs, whatever else an account may do. */
export const RequiredRole = Context.Reference<Role>("@kite/domain/admin/RequiredRole", { defaultValue: () => "user" })

/** Inside of Authentication: holds the account to the RequiredRole. */
export class RoleCheck extends HttpApiMiddleware.Service<RoleCheck, { requires: CurrentUser }>()(
  "@kite/domain/admin/RoleCheck",
  { error: Forbidden }
) {}
