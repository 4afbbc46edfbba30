import { Forbidden } from "@kite/domain/auth/AuthErrors"
import { RequiredRole, RoleCheck } from "@kite/domain/auth/Authorization"
import type { Role } from "@kite/domain/users/User"
import { CurrentUser } from "@kite/domain/users/User"
import { Context, Effect, Layer } from "effect"

const requireRole = (required: Role) =>
  Effect.flatMap(CurrentUser, ({ role }) => (role === required ? Effect.void : Effect.fail(new Forbidden({}))))

/** Compares the access token's role with the endpoint's, without a query: an account that loses a role loses its sessions too. */
export const layer = Layer.succeed(
  RoleCheck,
  RoleCheck.of((httpEffect, { endpoint, group }) => {
    const required = Context.get(Context.merge(group.annotations, endpoint.annotations), RequiredRole)
    return required === "user" ? httpEffect : Effect.andThen(requireRole(required), httpEffect)
  })
)
