import { Schema } from "effect"
import { pageOf, pageQuery } from "../Paging.ts"
import { Timestamp } from "../Timestamp.ts"
import { Email } from "../users/Email.ts"
import { ByteCount } from "../users/Quota.ts"
import { Role, UserId } from "../users/User.ts"

/** UUIDv7 of an invite. */
export const InviteId = Schema.String.check(Schema.isUUID()).pipe(Schema.brand("InviteId"))
export type InviteId = typeof InviteId.Type

/** Whom to invite: as a `user` with QUOTA_BYTES, unless a role or a quota is given. */
export const NewInvite = Schema.Struct({
  email: Email,
  role: Schema.optionalKey(Role),
  limitBytes: Schema.optionalKey(ByteCount)
}).annotate({ identifier: "NewInvite" })
export type NewInvite = typeof NewInvite.Type

/** An invite that was not used yet. `invitedBy` is null if the command line created it; `limitBytes` is null for QUOTA_BYTES. */
export const Invite = Schema.Struct({
  id: InviteId,
  email: Email,
  role: Role,
  limitBytes: Schema.NullOr(ByteCount),
  invitedBy: Schema.NullOr(UserId),
  createdAt: Timestamp,
  expiresAt: Timestamp
}).annotate({ identifier: "Invite" })
export type Invite = typeof Invite.Type

/** Query of GET /api/admin/invites. */
export const InviteQuery = Schema.Struct(pageQuery(InviteId))
export type InviteQuery = typeof InviteQuery.Type

/** Newest first. */
export const InvitePage = pageOf(Invite, InviteId).annotate({ identifier: "InvitePage" })
export type InvitePage = typeof InvitePage.Type
