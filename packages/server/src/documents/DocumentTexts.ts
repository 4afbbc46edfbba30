import { decodeRows } from "@kite/adapters/postgres/Rows"
import type { DocumentId } from "@kite/domain/documents/Document"
import { Page } from "@kite/domain/documents/Extraction"
import { partSize } from "@kite/domain/search/Blocks"
import { Context, Data, Effect, Layer, Option, Schema, Semaphore, Stream } from "effect"
import { SqlClient } from "effect/sql"

/** UTF-8 bytes that one statement reads, if not a single part has more. */
const sliceBytes = 64 * 1024
/** UTF-8 bytes of the longest part. */
const partBytes = 4 * partSize
/** Slices that a server reads at the same time, so that short-lived strings are few enough to be collected young. */
const maxReads = 4
/** A text of at most so many bytes is read at once, with its pages. */
const wholeBytes = 64 * 1024

/** How the text is written: as it is, or as in a JSON string, without its quotes. */
export type TextEscape = "none" | "json"

/** A part of a page as it is stored, with the size of its text in UTF-8 bytes; its text if the whole text is short. */
const Part = Schema.Struct({
  number: Page.fields.number,
  part: Schema.Int,
  source: Page.fields.source,
  ocrConfidence: Schema.NullOr(Schema.Finite),
  size: Schema.Int,
  text: Schema.NullOr(Schema.String)
})
type Part = typeof Part.Type

/** A piece of a page's text, escaped. A page has one piece or more, in order; pages come in order too. */
export interface Piece extends Pick<Part, "number" | "source" | "ocrConfidence"> {
  readonly text: string
  /** The first piece of its page. */
  readonly opens: boolean
  /** The last piece of its page. */
  readonly closes: boolean
}

export interface StoredText {
  /** Pages that were asked for and exist. */
  readonly pageCount: number
  /** UTF-8 bytes of their texts, before they are escaped. */
  readonly size: number
  /** All pieces at once, if the text is short. */
  readonly whole: ReadonlyArray<Piece> | undefined
  /** All pieces, in slices of about 64 KiB; each is read when it is asked for. */
  readonly slices: Stream.Stream<ReadonlyArray<Piece>>
}

/** The document was deleted, or extracted again, while its text was read: what follows would be of another text. */
class TextGone extends Data.TaggedError("TextGone") {}

type Group = readonly [Part, ...Array<Part>]

/** Neighbours that one statement can read. */
const groupsOf = (parts: ReadonlyArray<Part>): ReadonlyArray<Group> => {
  const groups: Array<[Part, ...Array<Part>]> = []
  let size = 0
  for (const part of parts) {
    const last = groups.at(-1)
    size += part.size
    if (last !== undefined && size <= sliceBytes) last.push(part)
    else {
      groups.push([part])
      size = part.size
    }
  }
  return groups
}

/**
 * The texts of documents, read in slices, so that a reader needs little memory whatever the text. The slices are short enough for
 * V8's young generation, which is collected soon: longer strings and the bytes of others pile up by the hundred MiB.
 */
export class DocumentTexts extends Context.Service<
  DocumentTexts,
  {
    /** The text of up to `limit` pages from page `from` on, as it is after this attempt; none once there is another attempt. */
    readonly open: (
      document: { readonly id: DocumentId; readonly attempt: number },
      from: number,
      limit: number,
      escape: TextEscape
    ) => Effect.Effect<StoredText>
  }
>()("@kite/server/documents/DocumentTexts") {
  static readonly layer = Layer.effect(
    DocumentTexts,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const partsOf = decodeRows(Part)
      const textsOf = decodeRows(Schema.Struct({ size: Schema.Int, text: Schema.String }))
      const reading = Semaphore.makeUnsafe(maxReads).withPermits(1)
      const encodings = {
        none: sql`text`,
        json: sql`to_json(text)::text`
      }

      return DocumentTexts.of({
        open: Effect.fn("DocumentTexts.open")(function* ({ id, attempt }, from, limit, escape) {
          const encoded = encodings[escape]
          const stored = sql`FROM pages JOIN documents ON documents.id = document_id
            WHERE document_id = ${id} AND attempt = ${attempt}`

          const parts = yield* partsOf(sql`
            SELECT number, part, source, confidence AS ocr_confidence, octet_length(text) AS size,
              CASE WHEN sum(octet_length(text)) OVER () <= ${wholeBytes} THEN ${encoded} END AS text
            ${stored} AND number >= ${from} AND number < ${from + limit} ORDER BY number, part`)

          const lastParts = new Map(parts.map(({ number, part }) => [number, part]))
          const pieceOf = ({ number, part, source, ocrConfidence }: Part, text: string): Piece => ({
            number,
            source,
            ocrConfidence,
            text: escape === "json" ? text.slice(1, -1) : text,
            opens: part === 0,
            closes: part === lastParts.get(number)
          })

          /** All of these parts, in one statement. */
          const readGroup = Effect.fnUntraced(function* (group: Group) {
            const [first] = group
            const last = group.at(-1) ?? first
            const rows = yield* reading(
              textsOf(sql`SELECT octet_length(text) AS size, ${encoded} AS text ${stored}
              AND (number, part) >= (${first.number}, ${first.part}) AND (number, part) <= (${last.number}, ${last.part})
              ORDER BY number, part`)
            )
            if (rows.length !== group.length) return yield* Effect.die(new TextGone())
            return rows.map(({ text }, index) => pieceOf(group[index] ?? first, text))
          })

          /** A page from before pages were stored in parts: each piece costs PostgreSQL as much as all before it together. */
          const readLong = (part: Part) =>
            Stream.paginate(
              { start: 1, left: part.size },
              Effect.fnUntraced(function* ({ start, left }) {
                const [row] = yield* reading(
                  textsOf(sql`SELECT octet_length(text) AS size, ${encoded} AS text FROM (
                  SELECT substr(text, ${start}, ${partSize}) AS text ${stored}
                    AND number = ${part.number} AND part = ${part.part} OFFSET 0) AS piece`)
                )
                if (row === undefined || row.size === 0) return yield* Effect.die(new TextGone())
                const rest = left - row.size
                const piece = pieceOf(part, row.text)
                const slice = [{ ...piece, opens: piece.opens && start === 1, closes: piece.closes && rest <= 0 }]
                const next = rest > 0 ? Option.some({ start: start + partSize, left: rest }) : Option.none()
                return [[slice], next] as const
              })
            )

          const whole = parts.flatMap((part) => (part.text === null ? [] : [pieceOf(part, part.text)]))
          return {
            pageCount: lastParts.size,
            size: parts.reduce((sum, { size }) => sum + size, 0),
            whole: whole.length === parts.length ? whole : undefined,
            slices: Stream.fromIterable(groupsOf(parts)).pipe(
              Stream.flatMap((group) =>
                group[0].size > partBytes ? readLong(group[0]) : Stream.fromEffect(readGroup(group))
              )
            )
          }
        })
      })
    })
  )
}
