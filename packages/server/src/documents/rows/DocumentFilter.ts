import type { DocumentFilter } from "@kite/domain/documents/DocumentList"
import { firstIdAt } from "@kite/domain/UuidV7"
import type { SqlClient, Statement } from "effect/sql"

/** How far the time in a document's id may be from its `created_at`, in ms: that of documents of earlier versions is not the same. */
const slack = 60_000

/**
 * The conditions that hold for the documents that the filter asks for. Status and type are literals: a prepared statement's plan
 * then knows how rare they are. Times are ranges of ids too, so that the indexes that end with the id serve them.
 */
export const conditionsOf = (
  sql: SqlClient.SqlClient,
  { status, contentType, createdAfter, createdBefore, maxOcrConfidence }: DocumentFilter
): ReadonlyArray<Statement.Fragment> => {
  const clauses: Array<Statement.Fragment> = []
  if (status !== undefined) clauses.push(sql`status = ${sql.literal(`'${status}'`)}`)
  if (contentType !== undefined) clauses.push(sql`content_type = ${sql.literal(`'${contentType}'`)}`)
  if (maxOcrConfidence !== undefined) clauses.push(sql`ocr_confidence <= ${maxOcrConfidence}`)
  if (createdAfter !== undefined) {
    const from = createdAfter.epochMilliseconds
    clauses.push(sql`id >= ${firstIdAt(from - slack)}`, sql`created_at >= ${new Date(from)}`)
  }
  if (createdBefore !== undefined) {
    const to = createdBefore.epochMilliseconds
    clauses.push(sql`id < ${firstIdAt(to + slack)}`, sql`created_at < ${new Date(to)}`)
  }
  return clauses
}
