import { Forbidden, RequiredRole, RoleCheck } from "@kite/domain/auth/Authorization"
import { CurrentUser } from "@kite/domain/auth/CurrentUser"
import type { Role } from "@kite/domain/users/User"
import { Context, Effect, Layer } from "effect"

const demand = (required: Role) =>
  Effect.flatMap(CurrentUser, ({ role }) => (role === required ? Effect.void : Effect.fail(new Forbidden({}))))

/** Holds the account of the access token to the endpoint's role, without a query: losing a role ends the sessions that had it. */
export const layer = Layer.succeed(
  RoleCheck,
  RoleCheck.of((httpEffect, { endpoint, group }) => {
    const required = Context.get(Context.merge(group.annotations, endpoint.annotations), RequiredRole)
    return required === "user" ? httpEffect : Effect.andThen(demand(required), httpEffect)
  })
)
