import { Context } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import type { CurrentUser } from "../auth/CurrentUser.ts"
import type { Role } from "../auth/User.ts"
import { Problem, problemType } from "../Problem.ts"

/** 403: the endpoint needs a role that the account does not have. */
export class Forbidden extends Problem<Forbidden>()("Forbidden", {
  type: problemType("forbidden"),
  status: 403,
  title: "Role not sufficient"
}) {}

/** Annotation of an endpoint or a group: the role it needs, whatever else an account may do. */
export const RequiredRole = Context.Reference<Role>("@kite/domain/admin/RequiredRole", { defaultValue: () => "user" })

/** Inside of Authentication: holds the account to the RequiredRole. */
export class RoleCheck extends HttpApiMiddleware.Service<RoleCheck, { requires: CurrentUser }>()(
  "@kite/domain/admin/RoleCheck",
  { error: Forbidden }
) {}
