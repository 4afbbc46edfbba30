import type { AuditEntry } from "@kite/domain/audit/AuditEntry"
import { stringify } from "csv-stringify/sync"
import { DateTime } from "effect"

const columns = ["id", "at", "action", "actorId", "subjectType", "subjectId", "clientIp", "correlationId", "details"]

/**
 * RFC 4180. A cell that a spreadsheet would read as a formula starts with an apostrophe (OWASP, CSV Injection). Every cell is
 * quoted, because a spreadsheet starts a new cell at an unquoted CR or LF.
 */
const lines = (records: ReadonlyArray<ReadonlyArray<string | null>>) =>
  stringify([...records], { record_delimiter: "windows", quoted: true, escape_formulas: true })

export const csvHeader = lines([columns])

/** One line per entry. */
export const toCsv = (entries: ReadonlyArray<AuditEntry>) =>
  lines(
    entries.map(({ id, at, action, actorId, subject, clientIp, correlationId, details }) => [
      id,
      DateTime.formatIso(at),
      action,
      actorId,
      subject?.type ?? null,
      subject?.id ?? null,
      clientIp,
      correlationId,
      JSON.stringify(details)
    ])
  )
