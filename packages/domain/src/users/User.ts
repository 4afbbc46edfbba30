import { Context, Schema } from "effect"
import { Timestamp } from "../Timestamp.ts"
import { Email } from "./Email.ts"
import { Quota } from "./Quota.ts"

/** UUIDv7 of an account. */
export const UserId = Schema.String.check(Schema.isUUID()).pipe(Schema.brand("UserId"))
export type UserId = typeof UserId.Type

export const Role = Schema.Literals(["user", "admin"])
export type Role = typeof Role.Type

/** An account as its owner sees it. */
export const User = Schema.Struct({
  id: UserId,
  email: Email,
  role: Role,
  quota: Quota,
  createdAt: Timestamp
}).annotate({ identifier: "User", description: "The account" })
export type User = typeof User.Type

/** Who sent the request and in which session, as the access token says: no query is needed. */
export class CurrentUser extends Context.Service<
  CurrentUser,
  { readonly id: UserId; readonly role: Role; readonly sessionId: string }
>()("@kite/domain/users/CurrentUser") {}
