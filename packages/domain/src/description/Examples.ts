const id = "0199e5f0-6d1c-7c3a-9a53-0b1f6a1e7f10"
const other = "0199e5f0-7b3e-7d21-8f4e-5c2d9b8a6f01"
const at = "2026-11-22T20:15:00.000Z"
const quota = { usedBytes: 146_515, limitBytes: 1_073_741_824 }
const email = "anna@example.org"
const password = "correct horse battery"
const token = "q3Zt0u9Jw2VfX8sYc1LkRb7NnEo5HdTgPa4MiKx6UQs"
const user = { id, email, role: "user", quota, createdAt: at }
const account = { ...user, active: true }
const invite = {
  id: other,
  email,
  role: "user",
  limitBytes: null,
  invitedBy: id,
  createdAt: at,
  expiresAt: "2026-11-29T20:15:00.000Z"
}
const document = {
  id,
  filename: "report.pdf",
  contentType: "application/pdf",
  sizeBytes: 146_515,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  status: "ready",
  failure: null,
  pageCount: 1,
  encoding: null,
  ocrConfidence: null,
  notices: [],
  createdAt: at,
  updatedAt: at
}
const up = { status: "up", ms: 2 }
const checks = { postgres: up, objectStore: up, queue: up, redis: up }
const entry = {
  id: other,
  at,
  action: "document_uploaded",
  actorId: id,
  subject: { type: "document", id: other },
  clientIp: "203.0.113.7",
  correlationId: "5e0f4a0e-3f0c-4d1b-9f6e-2f7a1c9d8b3a",
  details: { sizeBytes: 146_515, contentType: "application/pdf" }
}
const page = { number: 1, text: "Annual report", source: "text" }

/** A body for each named schema of the contract that is sent or received as a whole. */
export const examples: Readonly<Record<string, unknown>> = {
  Registration: { email, password },
  Login: { email, password },
  PasswordChange: { currentPassword: password, newPassword: "up, up and away 9" },
  PasswordResetRequest: { email },
  PasswordResetConfirmation: { token, newPassword: "up, up and away 9" },
  Session: { accessToken: "eyJhbGciOiJIUzI1NiJ9.e30.x", tokenType: "Bearer", expiresIn: 900, user },
  EmailProof: { token },
  User: user,
  NewUser: { email, password, role: "user", limitBytes: 1_073_741_824 },
  UserChange: { active: false },
  AdminUser: account,
  ChangedUser: { ...account, active: false, warnings: [] },
  UserPage: { items: [account], nextCursor: null },
  NewInvite: { email, role: "user" },
  Invite: invite,
  InvitePage: { items: [invite], nextCursor: null },
  Upload: { file: "(the bytes)", filename: "report.pdf" },
  Rename: { filename: "annual-report.pdf" },
  Document: document,
  UploadedDocument: { ...document, status: "pending", pageCount: null, duplicateOf: other },
  DocumentPage: { items: [document], nextCursor: null },
  DocumentText: { items: [page], nextPage: null },
  AuditPage: { items: [entry], nextCursor: null },
  Live: { status: "live" },
  Ready: { status: "ready", checks },
  NotReady: { status: "down", checks: { ...checks, postgres: { status: "down", ms: 2_000 } } }
}

/** The members of problems that only some problems have. */
export const problemMembers: Readonly<Record<string, unknown>> = {
  errors: [{ path: ["payload", "email"], message: "Missing key" }],
  usedBytes: 1_073_000_000,
  limitBytes: 1_073_741_824,
  rejectedBytes: 26_214_400,
  maxUploadBytes: 26_214_400,
  duplicateOf: other,
  documentStatus: "pending",
  failureCode: null,
  seen: "a RAR archive",
  accepted: [{ contentType: "application/pdf", name: "PDF", extensions: [".pdf"] }],
  "violated-policies": ["account"]
}
