import { Schema } from "effect"
import { Email } from "../auth/Email.ts"
import { NewPassword } from "../auth/Password.ts"
import { Role, User, UserId } from "../auth/User.ts"
import { maxPageSize } from "../documents/DocumentList.ts"
import { ByteCount } from "../documents/Quota.ts"

/** An account as admins see it: how much it stores, never what. */
export const AdminUser = Schema.Struct({ ...User.fields, active: Schema.Boolean }).annotate({
  identifier: "AdminUser",
  description: "The account"
})
export type AdminUser = typeof AdminUser.Type

/** Query of GET /api/admin/users: `cursor` is the `nextCursor` of the page before; `email` finds the one account. */
export const UserQuery = Schema.Struct({
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxPageSize }))),
  cursor: Schema.optionalKey(UserId),
  email: Schema.optionalKey(Email)
})
export type UserQuery = typeof UserQuery.Type

/** Newest first; `nextCursor` is null on the last page. */
export const UserPage = Schema.Struct({
  items: Schema.Array(AdminUser),
  nextCursor: Schema.NullOr(UserId)
}).annotate({ identifier: "UserPage", description: "One page of accounts; `nextCursor` is null on the last" })
export type UserPage = typeof UserPage.Type

/** An account to be made: a `user` with QUOTA_BYTES, unless said otherwise. */
export const NewUser = Schema.Struct({
  email: Email,
  password: NewPassword,
  role: Schema.optionalKey(Role),
  limitBytes: Schema.optionalKey(ByteCount)
}).annotate({ identifier: "NewUser" })
export type NewUser = typeof NewUser.Type

/** What is to be different; the rest stays. */
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

/** `quota-below-use`: the account stores more than it may by now; nothing is deleted, but nothing more is taken. */
export const UserWarning = Schema.Literal("quota-below-use")

/** The account after a change. */
export const ChangedUser = Schema.Struct({ ...AdminUser.fields, warnings: Schema.Array(UserWarning) }).annotate({
  identifier: "ChangedUser",
  description: "The account after the change"
})
export type ChangedUser = typeof ChangedUser.Type
