import { assert, describe, it } from "@effect/vitest"
import { boundaryOf, type MultipartEvent, MultipartParser } from "@kite/server/documents/multipart/MultipartParser"
import { boundary, end, filePart, part } from "@kite/testkit/http/Multipart"
import fc from "fast-check"

/** What the parser makes of a body that comes in pieces of these sizes, in turn; undefined if it is malformed or cut off. */
const parse = (body: Buffer, sizes: ReadonlyArray<number> = [body.length]) => {
  const parser = new MultipartParser(boundary)
  const events: Array<MultipartEvent> = []
  for (let at = 0, turn = 0; at < body.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    const more = parser.push(body.subarray(at, at + size))
    if (more === undefined) return undefined
    events.push(...more)
    at += size
  }
  return parser.isComplete ? events : undefined
}

const contents = (events: ReadonlyArray<MultipartEvent> = []) => {
  const found: Array<{ name: string; bytes: Buffer }> = []
  for (const event of events) {
    if (event._tag === "Begin") found.push({ name: event.headers.name, bytes: Buffer.alloc(0) })
    const last = found.at(-1)
    if (event._tag === "Bytes" && last !== undefined) last.bytes = Buffer.concat([last.bytes, event.bytes])
  }
  return found.map(({ name, bytes }) => [name, bytes.toString("latin1")])
}

const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 })
/** Bytes that are full of what looks like the beginning of a boundary. */
const tricky = fc
  .array(fc.constantFrom("\r", "\n", "\r\n", "-", "--", `\r\n--${boundary.slice(0, -1)}`, boundary, "x", "\0", "\xff"))
  .map((pieces) => pieces.join("").replaceAll(`\r\n--${boundary}`, "-"))

describe("a multipart body", () => {
  it("gives its parts back whole, however it is cut into chunks", () => {
    fc.assert(
      fc.property(fc.array(tricky, { maxLength: 4 }), sizes, (texts, chunks) => {
        const body = texts.map((text, index) => part(`p${index}`, text, "a.bin")).join("") + end
        const expected = texts.map((text, index) => [`p${index}`, text])
        assert.deepStrictEqual(contents(parse(Buffer.from(body, "latin1"), chunks)), expected)
      })
    )
  })

  it("never throws, and is the same whatever its chunks", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(tricky, fc.constantFrom(filePart(), end, `--${boundary}\r\n`))),
        sizes,
        (all, cut) => {
          const body = Buffer.from(all.join(""), "latin1")
          const [whole, pieces] = [parse(body), parse(body, cut)]
          assert.strictEqual(whole === undefined, pieces === undefined)
          assert.deepStrictEqual(contents(whole), contents(pieces))
        }
      )
    )
  })

  it("may have text before its first and after its last boundary", () => {
    const body = `To read this, you need kite.\r\n${filePart("hello")}${end}That was all.`
    assert.deepStrictEqual(contents(parse(Buffer.from(body))), [["file", "hello"]])
  })

  it("is malformed as soon as the headers of a part exceed 16 KiB, and not only at their end", () => {
    const parser = new MultipartParser(boundary)
    assert.isDefined(parser.push(Buffer.from(`--${boundary}\r\nX-Long: ${"x".repeat(16_000)}`)))
    assert.isUndefined(parser.push(Buffer.from("x".repeat(500))))
  })

  it.each([
    ["multipart/form-data; boundary=abc", "abc"],
    ['multipart/form-data; boundary="a b:c"; charset=utf-8', "a b:c"],
    ["multipart/form-data;charset=utf-8;Boundary=abc", "abc"],
    ["multipart/form-data", undefined],
    ["multipart/form-data; boundary=", undefined],
    [`multipart/form-data; boundary=${"x".repeat(71)}`, undefined]
  ])("has the boundary of its type: %s", (type, expected) => assert.strictEqual(boundaryOf(type), expected))
})
