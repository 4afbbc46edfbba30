import type { ListQuery } from "@kite/domain/documents/DocumentList"
import type { SqlClient, Statement } from "effect/sql"

/** Which documents of an account a list is about. */
export type DocumentFilter = { readonly [K in "status" | "maxOcrConfidence"]?: ListQuery[K] | undefined }

/** The conditions that hold for these documents, and for no others. */
export const conditionsOf = (
  sql: SqlClient.SqlClient,
  { status, maxOcrConfidence }: DocumentFilter
): ReadonlyArray<Statement.Fragment> => [
  // As a literal: a prepared statement's plan then knows how rare it is.
  ...(status === undefined ? [] : [sql`status = ${sql.literal(`'${status}'`)}`]),
  ...(maxOcrConfidence === undefined ? [] : [sql`ocr_confidence <= ${maxOcrConfidence}`])
]
