import { Context } from "effect"
import type { Role, UserId } from "./User.ts"

/** Who makes the request: what the access token says, without a query. */
export class CurrentUser extends Context.Service<CurrentUser, { readonly id: UserId; readonly role: Role }>()(
  "@kite/domain/auth/CurrentUser"
) {}
