import { Schema } from "effect"
import { pageOf, pageQuery } from "../Paging.ts"
import { Email } from "../users/Email.ts"
import { ByteCount } from "../users/Quota.ts"
import { Role, User, UserId } from "../users/User.ts"

/** An account as admins see it: how much it stores, never what. */
export const AdminUser = Schema.Struct({ ...User.fields, active: Schema.Boolean }).annotate({
  identifier: "AdminUser",
  description: "The account"
})
export type AdminUser = typeof AdminUser.Type

/** Query of GET /api/admin/users; `email` finds the one account with that address. */
export const UserQuery = Schema.Struct({ ...pageQuery(UserId), email: Schema.optionalKey(Email) })
export type UserQuery = typeof UserQuery.Type

/** Newest first. */
export const UserPage = pageOf(AdminUser, UserId).annotate({
  identifier: "UserPage",
  description: "One page of accounts; `nextCursor` is null on the last"
})
export type UserPage = typeof UserPage.Type

/** The fields to change; the others stay as they are. */
export const UserChange = Schema.Struct({
  active: Schema.optionalKey(Schema.Boolean),
  role: Schema.optionalKey(Role),
  limitBytes: Schema.optionalKey(ByteCount)
})
  .check(
    Schema.makeFilter(
      ({ active, role, limitBytes }) =>
        [active, role, limitBytes].some((value) => value !== undefined) || "must change active, role or limitBytes",
      { toJsonSchema: () => ({ minProperties: 1 }) }
    )
  )
  .annotate({ identifier: "UserChange" })
export type UserChange = typeof UserChange.Type

/** `quota-below-use`: the account stores more than its new quota. Its documents stay, but it cannot add any. */
export const UserWarning = Schema.Literal("quota-below-use")

/** The account after a change. */
export const ChangedUser = Schema.Struct({ ...AdminUser.fields, warnings: Schema.Array(UserWarning) }).annotate({
  identifier: "ChangedUser",
  description: "The account after the change"
})
export type ChangedUser = typeof ChangedUser.Type
