import { Context } from "effect"
import type { Role, UserId } from "../users/User.ts"

/** Who makes the request and in which session: what the access token says, without a query. */
export class CurrentUser extends Context.Service<
  CurrentUser,
  { readonly id: UserId; readonly role: Role; readonly sessionId: string }
>()("@kite/domain/auth/CurrentUser") {}
