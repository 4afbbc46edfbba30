import { Schema } from "effect"
import { Quota } from "../documents/Quota.ts"
import { Timestamp } from "../Timestamp.ts"
import { Email } from "./Email.ts"

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
