// Written by `npm run docs` from the contract of the API. Do not edit.

/** What all problems (RFC 9457) have. `correlationId` finds the log lines of the request. */
interface ProblemMembers {
  readonly title: string
  readonly detail?: string
  readonly instance?: string
  readonly correlationId: string
}

/** All problems that these endpoints return, told apart by `type`. */
export type Problem =
  | (ProblemMembers & { readonly type: "urn:kite:problem:body-too-large"; readonly status: 413 })
  | (ProblemMembers & {
      readonly type: "urn:kite:problem:duplicate-document"
      readonly status: 409
      readonly duplicateOf: string
    })
  | (ProblemMembers & { readonly type: "urn:kite:problem:email-not-proven"; readonly status: 403 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:email-taken"; readonly status: 409 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:extraction-running"; readonly status: 409 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:foreign-origin"; readonly status: 403 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:idempotency-key-in-use"; readonly status: 409 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:idempotency-key-reused"; readonly status: 422 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:insufficient-storage"; readonly status: 507 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:internal-error"; readonly status: 500 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:invalid-credentials"; readonly status: 401 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:invalid-cursor"; readonly status: 400 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:invalid-email-proof"; readonly status: 400 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:invalid-invite"; readonly status: 400 })
  | (ProblemMembers & {
      readonly type: "urn:kite:problem:invalid-request"
      readonly status: 400
      readonly errors: ReadonlyArray<FieldError>
    })
  | (ProblemMembers & { readonly type: "urn:kite:problem:invalid-reset-token"; readonly status: 400 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:invalid-session"; readonly status: 401 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:invalid-upload"; readonly status: 400 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:missing-origin"; readonly status: 403 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:not-found"; readonly status: 404 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:precondition-failed"; readonly status: 412 })
  | (ProblemMembers & {
      readonly type: "urn:kite:problem:quota-exceeded"
      readonly status: 413
      readonly usedBytes: number
      readonly limitBytes: number
      readonly rejectedBytes: number
    })
  | (ProblemMembers & { readonly type: "urn:kite:problem:range-not-satisfiable"; readonly status: 416 })
  | (ProblemMembers & {
      readonly type: "https://iana.org/assignments/http-problem-types#quota-exceeded"
      readonly status: 429
      readonly "violated-policies": ReadonlyArray<
        | "auth-ip"
        | "refresh-session"
        | "refresh-ip"
        | "password-reset-ip"
        | "login-account"
        | "login-device"
        | "password-account"
        | "account"
        | "ip"
      >
    })
  | (ProblemMembers & { readonly type: "urn:kite:problem:registration-closed"; readonly status: 403 })
  | (ProblemMembers & {
      readonly type: "urn:kite:problem:text-not-ready"
      readonly status: 409
      readonly documentStatus: "pending" | "processing" | "ready" | "failed"
      readonly failureCode:
        | "encrypted"
        | "corrupt"
        | "unsupported"
        | "too-large"
        | "timed-out"
        | "out-of-memory"
        | "interrupted"
        | null
    })
  | (ProblemMembers & { readonly type: "urn:kite:problem:too-many-transfers"; readonly status: 429 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:too-many-waits"; readonly status: 429 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:unauthenticated"; readonly status: 401 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:unavailable"; readonly status: 503 })
  | (ProblemMembers & {
      readonly type: "urn:kite:problem:unsupported-file"
      readonly status: 415
      readonly seen: string
      readonly accepted: ReadonlyArray<{
        readonly contentType: string
        readonly name: string
        readonly extensions: ReadonlyArray<string>
      }>
    })
  | (ProblemMembers & { readonly type: "urn:kite:problem:unsupported-media-type"; readonly status: 415 })
  | (ProblemMembers & {
      readonly type: "urn:kite:problem:upload-too-large"
      readonly status: 413
      readonly usedBytes: number
      readonly limitBytes: number
      readonly rejectedBytes: number
      readonly maxUploadBytes: number
    })
  | (ProblemMembers & { readonly type: "urn:kite:problem:weak-password"; readonly status: 400 })
  | (ProblemMembers & { readonly type: "urn:kite:problem:wrong-password"; readonly status: 403 })

/** The query of a list. */
export interface ListQuery {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
  readonly q?: string | undefined
  readonly status?: "pending" | "processing" | "ready" | "failed" | undefined
  readonly contentType?:
    | "application/pdf"
    | "image/png"
    | "image/jpeg"
    | "image/tiff"
    | "image/webp"
    | "image/gif"
    | "image/avif"
    | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    | "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    | "application/vnd.oasis.opendocument.text"
    | "application/rtf"
    | "text/html"
    | "message/rfc822"
    | "text/plain"
    | undefined
  readonly createdAfter?: string | undefined
  readonly createdBefore?: string | undefined
  readonly maxOcrConfidence?: number | undefined
  readonly sort?: "-createdAt" | "createdAt" | "filename" | "-filename" | undefined
}

/** The query of an upload. */
export interface UploadQuery {
  readonly onDuplicate?: "keep" | "return" | "reject" | undefined
}

export interface Document {
  readonly id: string
  readonly filename: string
  readonly contentType:
    | "application/pdf"
    | "image/png"
    | "image/jpeg"
    | "image/tiff"
    | "image/webp"
    | "image/gif"
    | "image/avif"
    | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    | "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    | "application/vnd.oasis.opendocument.text"
    | "application/rtf"
    | "text/html"
    | "message/rfc822"
    | "text/plain"
  readonly sizeBytes: number
  readonly sha256: string
  readonly status: "pending" | "processing" | "ready" | "failed"
  readonly failure: {
    readonly code: "encrypted" | "corrupt" | "unsupported" | "too-large" | "timed-out" | "out-of-memory" | "interrupted"
    readonly message: string
  } | null
  readonly pageCount: number | null
  readonly encoding: string | null
  readonly ocrConfidence: number | null
  readonly notices: ReadonlyArray<Notice>
  readonly indexedInPart?: true | undefined
  readonly createdAt: string
  readonly updatedAt: string
}

export interface DocumentPage {
  readonly items: ReadonlyArray<ListedDocument>
  readonly nextCursor: string | null
}

export interface DocumentText {
  readonly items: ReadonlyArray<Page>
  readonly nextPage: number | null
}

export interface EmailProof {
  readonly token: string
}

export interface FieldError {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

export interface ListedDocument {
  readonly id: string
  readonly filename: string
  readonly contentType:
    | "application/pdf"
    | "image/png"
    | "image/jpeg"
    | "image/tiff"
    | "image/webp"
    | "image/gif"
    | "image/avif"
    | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    | "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    | "application/vnd.oasis.opendocument.text"
    | "application/rtf"
    | "text/html"
    | "message/rfc822"
    | "text/plain"
  readonly sizeBytes: number
  readonly sha256: string
  readonly status: "pending" | "processing" | "ready" | "failed"
  readonly failure: {
    readonly code: "encrypted" | "corrupt" | "unsupported" | "too-large" | "timed-out" | "out-of-memory" | "interrupted"
    readonly message: string
  } | null
  readonly pageCount: number | null
  readonly encoding: string | null
  readonly ocrConfidence: number | null
  readonly notices: ReadonlyArray<Notice>
  readonly indexedInPart?: true | undefined
  readonly createdAt: string
  readonly updatedAt: string
  readonly match?: Match | undefined
}

export interface Login {
  readonly email: string
  readonly password: string
}

export interface Match {
  readonly page: number | null
  readonly snippet: ReadonlyArray<{ readonly text: string; readonly highlighted: boolean }>
}

export interface Notice {
  readonly code: "pages-failed" | "pages-left-out" | "text-cut"
  readonly message: string
  readonly pages?: ReadonlyArray<number> | undefined
}

export interface Page {
  readonly number: number
  readonly text: string
  readonly source: "text" | "ocr" | "text+ocr"
  readonly ocrConfidence?: number | undefined
}

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
}

export interface PasswordResetConfirmation {
  readonly token: string
  readonly newPassword: string
}

export interface PasswordResetRequest {
  readonly email: string
}

export interface Quota {
  readonly usedBytes: number
  readonly limitBytes: number
}

export interface Registration {
  readonly email: string
  readonly password: string
  readonly invite?: string | undefined
}

export interface Rename {
  readonly filename: string
}

export interface Session {
  readonly accessToken: string
  readonly tokenType: "Bearer"
  readonly expiresIn: number
  readonly user: User
}

export interface UploadedDocument {
  readonly id: string
  readonly filename: string
  readonly contentType:
    | "application/pdf"
    | "image/png"
    | "image/jpeg"
    | "image/tiff"
    | "image/webp"
    | "image/gif"
    | "image/avif"
    | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    | "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    | "application/vnd.oasis.opendocument.text"
    | "application/rtf"
    | "text/html"
    | "message/rfc822"
    | "text/plain"
  readonly sizeBytes: number
  readonly sha256: string
  readonly status: "pending" | "processing" | "ready" | "failed"
  readonly failure: {
    readonly code: "encrypted" | "corrupt" | "unsupported" | "too-large" | "timed-out" | "out-of-memory" | "interrupted"
    readonly message: string
  } | null
  readonly pageCount: number | null
  readonly encoding: string | null
  readonly ocrConfidence: number | null
  readonly notices: ReadonlyArray<Notice>
  readonly indexedInPart?: true | undefined
  readonly createdAt: string
  readonly updatedAt: string
  readonly duplicateOf?: string | undefined
}

export interface User {
  readonly id: string
  readonly email: string
  readonly role: "user" | "admin"
  readonly quota: Quota
  readonly createdAt: string
}
