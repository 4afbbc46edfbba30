import { Context } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import type { CurrentUser, Role } from "../users/User.ts"
import { Forbidden } from "./AuthErrors.ts"

/** Annotation of an endpoint or a group: the role that the account must have. */
export const RequiredRole = Context.Reference<Role>("@kite/domain/auth/RequiredRole", { defaultValue: () => "user" })

/** Runs after Authentication: refuses accounts that lack the RequiredRole with a 403. */
export class RoleCheck extends HttpApiMiddleware.Service<RoleCheck, { requires: CurrentUser }>()(
  "@kite/domain/auth/RoleCheck",
  { error: Forbidden }
) {}
