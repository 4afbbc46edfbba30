import type { DocumentSort, Position } from "@kite/domain/documents/DocumentList"
import { filenameKey } from "@kite/domain/documents/FilenameKey"
import type { SqlClient, Statement } from "effect/sql"

/** The columns that a list is sorted by. */
export const orders: Record<DocumentSort, string> = {
  createdAt: "id ASC",
  "-createdAt": "id DESC",
  filename: "filename_key ASC, id ASC",
  "-filename": "filename_key DESC, id DESC"
}

/** The condition that holds for every document after this position, and for no other. */
export const isAfter = (sql: SqlClient.SqlClient, { sort, id, filename = "" }: Position): Statement.Fragment => {
  switch (sort) {
    case "createdAt":
      return sql`id > ${id}`
    case "-createdAt":
      return sql`id < ${id}`
    case "filename":
      return sql`(filename_key, id) > (${filenameKey(filename)}, ${id})`
    case "-filename":
      return sql`(filename_key, id) < (${filenameKey(filename)}, ${id})`
  }
}
