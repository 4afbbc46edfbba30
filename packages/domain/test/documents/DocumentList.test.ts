import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { DocumentId } from "@kite/domain/documents/Document"
import { type DocumentSort, fromCursor, toCursor } from "@kite/domain/documents/DocumentList"
import { sanitizeFilename } from "@kite/domain/documents/Filename"
import { Option } from "effect"
import fc from "fast-check"

const sorts: ReadonlyArray<DocumentSort> = ["createdAt", "-createdAt", "filename", "-filename"]
const sort = fc.constantFrom(...sorts)
const id = fc.uuid().map((text) => DocumentId.make(text))
const anyText = fc.string({ unit: "binary", maxLength: 400 })
const filename = anyText.map(sanitizeFilename)
const byName = (order: DocumentSort) => order.endsWith("filename")
const cursorOf = (json: unknown) => Buffer.from(JSON.stringify(json)).toString("base64url")
const runs = { numRuns: 1_000 }

const assertNone = (cursor: string) => {
  for (const order of sorts) assert.isTrue(Option.isNone(fromCursor(order, cursor)), `${order} ${cursor}`)
}

describe("a cursor", () => {
  it("decodes to the position that it encodes, for any sort, id and name", () => {
    fc.assert(
      fc.property(sort, id, filename, (order, documentId, name) => {
        const position = fromCursor(order, toCursor(order, { id: documentId, filename: name }))
        const keys = { sort: order, id: documentId, ...(byName(order) && { filename: name }) }
        assert.deepStrictEqual(Option.getOrThrow(position), keys)
      }),
      runs
    )
  })

  it("fits into the query, however long the name is", () => {
    fc.assert(
      fc.property(sort, id, fc.constantFrom("😀", '"', "\\", "ﷺ", "a"), (order, documentId, character) => {
        const name = sanitizeFilename(character.repeat(600))
        assert.isAtMost(toCursor(order, { id: documentId, filename: name }).length, 2048)
      })
    )
  })

  it("is not valid for another sort", () => {
    fc.assert(
      fc.property(sort, sort, id, filename, (made, asked, documentId, name) => {
        fc.pre(made !== asked)
        assert.isTrue(Option.isNone(fromCursor(asked, toCursor(made, { id: documentId, filename: name }))))
      }),
      runs
    )
  })

  it("is not valid if no list returned it, and never throws", () => {
    const base64 = fc.oneof(anyText, fc.json()).map((text) => Buffer.from(text).toString("base64url"))
    fc.assert(fc.property(fc.oneof(anyText, fc.json(), base64), assertNone), { numRuns: 5_000 })
  })

  it("is not valid after a change of one character, unless a list returns the changed one too", () => {
    fc.assert(
      fc.property(sort, id, filename, fc.nat(), fc.string({ maxLength: 1 }), (order, documentId, name, at, letter) => {
        const cursor = toCursor(order, { id: documentId, filename: name })
        const index = at % cursor.length
        const changed = cursor.slice(0, index) + letter + cursor.slice(index + 1)
        const position = fromCursor(order, changed)
        if (Option.isNone(position)) return
        assert.strictEqual(toCursor(order, { ...position.value, filename: position.value.filename ?? "" }), changed)
      }),
      runs
    )
  })

  it("is not valid with a name that the database cannot compare", () => {
    const documentId = "01977a5e-8c2b-7000-8000-000000000000"
    for (const name of ["a\0b", "\ud800", "\udfff tail", 5, null, { a: 1 }, ["x"]]) {
      assertNone(cursorOf({ sort: "filename", id: documentId, filename: name }))
      assertNone(cursorOf({ sort: "-filename", id: documentId, filename: name }))
    }
    assertNone(cursorOf({ sort: "filename", id: documentId }))
    assertNone(cursorOf({ sort: "createdAt", id: documentId, filename: "a" }))
    assertNone(cursorOf({ sort: "createdAt", id: `${documentId}0` }))
    assertNone(cursorOf({ id: documentId, sort: "createdAt", __proto__: { x: 1 }, extra: true }))
    assertNone(cursorOf([]))
    assertNone("")
  })
})
