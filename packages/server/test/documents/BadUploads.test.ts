import { assert } from "@effect/vitest"
import { kinds } from "@kite/domain/documents/Kinds"
import { assertBalanced } from "@kite/testkit/documents/Rows"
import { samples, zipOf } from "@kite/testkit/files/Samples"
import { type Caller, Someone, sendAs, signUp, upload, usedBytes } from "@kite/testkit/http/Client"
import { boundary, contentType, end, filePart, part } from "@kite/testkit/http/Multipart"
import { assertProblem } from "@kite/testkit/http/Problem"
import { sendRaw, sendRawAndLeave } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer } from "effect"

const send = (user: Caller, body: string | Uint8Array<ArrayBuffer>, type = contentType) =>
  sendAs(user, "/api/documents", { method: "POST", headers: { "content-type": type }, body })

const head = (user: Caller, ...headers: ReadonlyArray<string>) =>
  [
    "POST /api/documents HTTP/1.1",
    "Host: localhost",
    "Connection: close",
    `Authorization: ${user.authorization["authorization"]}`,
    `Content-Type: ${contentType}`,
    ...headers,
    "\r\n"
  ].join("\r\n")

/** Asserts that the failed upload left nothing, and that its file can be uploaded now. */
const assertNothingLeft = Effect.fnUntraced(function* (user: Caller) {
  assert.strictEqual(yield* usedBytes(user), 0)
  assert.deepStrictEqual((yield* sendAs(user, "/api/documents")).json.items, [])
  yield* assertBalanced
  const { status, json } = yield* upload(user, "the same file again")
  assert.strictEqual(status, 201)
  yield* sendAs(user, `/api/documents/${json.id}`, { method: "DELETE" })
})

const malformed: Record<string, string> = {
  "no part at all": end,
  "nothing at all": "",
  "no file": part("filename", "a.txt") + end,
  "a file under another name": part("document", "hello", "a.txt") + end,
  "two files": filePart("one") + filePart("two") + end,
  "two files, the second of another name": filePart("one") + part("other", "two", "b.txt") + end,
  "an unknown field": filePart() + part("folder", "x") + end,
  "an empty file": filePart("") + end,
  "an end that is cut off": filePart() + end.slice(0, -5),
  "a file that is cut off": filePart("hello world".repeat(1000)).slice(0, 5000),
  "a header that is cut off": `--${boundary}\r\nContent-Disposition: form-da`,
  "another boundary": (filePart() + end).replaceAll(boundary, "another-boundary"),
  "a filename of 9 KiB": part("filename", "x".repeat(9 * 1024)) + filePart() + end,
  "five parts": part("filename", "a").repeat(4) + filePart() + end,
  "a control character in its name": filePart("hello", "a\x01b.txt") + end,
  "a line break in its name": filePart("hello", "a\r\nX-Evil: 1") + end,
  "a part's header of 20 KiB": filePart("hello", "x".repeat(20 * 1024)) + end,
  "a part without Content-Disposition": `--${boundary}\r\nContent-Type: text/plain\r\n\r\nhello\r\n${end}`,
  "a part without any header": `--${boundary}\r\n\r\nhello\r\n${end}`,
  "a part that is only text": `--${boundary}\r\nhello\r\n${end}`,
  "a part whose headers never end": `--${boundary}\r\nContent-Disposition: form-data; name="file"\r\n${end}`,
  "an empty part": `--${boundary}\r\n${end}`,
  "a part that is only text before the file": `--${boundary}\r\nhello\r\n${filePart()}${end}`,
  "a part without Content-Disposition after the file": `${filePart()}--${boundary}\r\n\r\nhello\r\n${end}`,
  "a part that is no form data": `--${boundary}\r\nContent-Disposition: attachment\r\n\r\nhello\r\n${end}`,
  "a part without a name": `--${boundary}\r\nContent-Disposition: form-data\r\n\r\nhello\r\n${end}`
}

suite(Someone.layer.pipe(Layer.provideMerge(TestServer.layer)))("a bad upload", (it) => {
  it.effect.each(Object.entries(malformed))("is refused and leaves nothing: %s", ([, body]) =>
    Effect.gen(function* () {
      const user = yield* Someone
      assertProblem(yield* send(user, body), 400, "invalid-upload", "/api/documents")
      yield* assertNothingLeft(user)
    })
  )

  it.effect.each(["multipart/form-data", "multipart/form-data; boundary=", `multipart/form-data; boundary="`])(
    "is refused without a boundary: %s",
    (type) =>
      Effect.gen(function* () {
        const user = yield* Someone
        assertProblem(yield* send(user, filePart() + end, type), 400, "invalid-upload", "/api/documents")
        yield* assertNothingLeft(user)
      })
  )

  it.effect("that is not multipart is refused by its media type", () =>
    Effect.gen(function* () {
      const user = yield* Someone
      for (const type of [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=b",
        "x"
      ]) {
        const refused = yield* send(user, filePart() + end, type)
        assertProblem(refused, 415, "unsupported-media-type", "/api/documents")
        assert.strictEqual(
          refused.json.detail,
          `The body has the Content-Type "${type}"; this route takes multipart/form-data`
        )
      }
      yield* assertNothingLeft(user)
    })
  )

  it.effect("of an unsupported type is refused, whatever its filename", () =>
    Effect.gen(function* () {
      const user = yield* Someone
      const exe = new Uint8Array(Buffer.from("MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff".padEnd(5000, "\0"), "latin1"))
      const late = new Uint8Array(Buffer.from(`${"text ".repeat(100_000)}\0`))
      for (const bytes of [exe, late, zipOf("password/documents.txt"), new Uint8Array([0xff, 0xfe, 0x41])]) {
        const refused = yield* upload(user, bytes, "report.pdf")
        assertProblem(refused, 415, "unsupported-file", "/api/documents")
        assert.isNotEmpty(refused.json.seen)
        assert.include(refused.json.detail, refused.json.seen)
        assert.deepStrictEqual(
          refused.json.accepted,
          kinds.map(({ contentType, name, extensions }) => ({ contentType, name, extensions }))
        )
      }
      yield* assertNothingLeft(user)
    })
  )

  it.effect("whose body ends before its declared length leaves nothing", () =>
    Effect.gen(function* () {
      const user = yield* Someone
      const body = filePart() + end
      yield* sendRawAndLeave(head(user, `Content-Length: ${body.length + 1000}`), body)
      yield* sendRawAndLeave(head(user, "Transfer-Encoding: chunked"), `${body.length.toString(16)}\r\n${body}`)
      yield* sendRawAndLeave(head(user, "Content-Length: 200000"), filePart("x".repeat(100_000)).slice(0, 60_000))
      yield* assertNothingLeft(user)
    })
  )

  it.effect("that says it is too large is refused before its body comes", () =>
    Effect.gen(function* () {
      const user = yield* Someone
      const announced = [`Content-Length: ${30 * 1024 * 1024}`, `Content-Length: ${Number.MAX_SAFE_INTEGER}`]
      const refused = (length: string) =>
        Effect.timeout(sendRaw(head(user, length), filePart().slice(0, 20)), "8 seconds")
      // The connection is kept for up to 5 s, so that the refusal reaches clients that go on sending.
      for (const answer of yield* Effect.forEach(announced, refused, { concurrency: 2 })) {
        assertProblem(answer, 413, "upload-too-large", "/api/documents")
        assert.isAbove(answer.json.rejectedBytes, 25 * 1024 * 1024)
      }
      yield* assertNothingLeft(user)
    })
  )

  it.effect("whose declared length ends before its body is refused", () =>
    Effect.gen(function* () {
      const user = yield* Someone
      const body = filePart() + end
      const cut = yield* sendRaw(head(user, "Content-Length: 100"), body.slice(0, 100))
      assertProblem(cut, 400, "invalid-upload", "/api/documents")
      const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [["Content-Length: 100"], body],
        [["Content-Length: 5", "Transfer-Encoding: chunked"], body],
        [["Content-Length: -1"], body],
        [["Content-Length: 1e3"], body],
        [["Content-Length: 5", "Content-Length: 6"], body],
        [["Transfer-Encoding: chunked"], "zz\r\n"]
      ]
      for (const [headers, sent] of wrong) {
        assertProblem(yield* sendRaw(head(user, ...headers), sent), 400, "invalid-request", null)
      }
      yield* assertNothingLeft(user)
    })
  )

  it.effect.each<[string, string]>([
    ["../../etc/passwd", "passwd"],
    ["..\\\\..\\\\windows\\\\system32", "system32"],
    ["/", "document"],
    ["..", "document"],
    ["", "document"],
    ["a\tb\x85c.txt", "abc.txt"],
    ["x".repeat(300), "x".repeat(255)],
    [`${"😀".repeat(300)}.pdf`, `${"😀".repeat(251)}.pdf`],
    ["a%22b%0D%0Ac%41.txt", 'a"bc%41.txt'],
    ["Gru\u0308ße\u202Efdp.txt", "Grüßefdp.txt"]
  ])("name is sanitized, not refused: %s", ([filename, kept]) =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { status, json } = yield* send(user, filePart("hello", filename) + end)
      assert.deepStrictEqual([status, json.filename], [201, kept])
      yield* assertBalanced
    })
  )

  it.effect.each<[string, string]>([
    ['12\\" display.txt', '12" display.txt'],
    ['12" display.txt', '12" display.txt'],
    ["=?UTF-8?B?R3LDvMOfZS50eHQ=?=", "Grüße.txt"]
  ])("name keeps its words: %s", ([filename, kept]) =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { status, json } = yield* send(user, filePart("hello", filename) + end)
      assert.deepStrictEqual([status, json.filename], [201, kept])
    })
  )

  it.effect("name in Latin-1 is decoded", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const body = new Uint8Array(Buffer.from(filePart("hello", "Grüße.txt") + end, "latin1"))
      assert.strictEqual((yield* send(user, body)).json.filename, "Grüße.txt")
    })
  )

  it.effect("names the field that is not expected", () =>
    Effect.gen(function* () {
      const user = yield* Someone
      for (const [body, named] of [
        [filePart() + part("folder", "x") + end, 'field "folder"'],
        [part("document", "hello", "a.txt") + end, 'file "document"'],
        [filePart() + filePart() + end, "two files"],
        [part("filename", "a.txt") + part("filename", "b.txt") + filePart() + end, 'two fields named "filename"']
      ] as const) {
        assert.include((yield* send(user, body)).json.detail, named)
      }
    })
  )

  it.effect("name in the field `filename` takes precedence, before or after the file", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const name = part("filename", "a/b/Zweiter Name.txt\0")
      for (const body of [name + filePart() + end, filePart() + name + end]) {
        assert.strictEqual((yield* send(user, body)).json.filename, "Zweiter Name.txt")
      }
    })
  )

  it.effect("without a filename is a file of any size, named by the field `filename` or not at all", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const text = "hello ".repeat(20_000)
      const unnamed = yield* send(user, part("file", text) + end)
      assert.deepStrictEqual(
        [unnamed.status, unnamed.json.filename, unnamed.json.sizeBytes],
        [201, "document", text.length]
      )
      const named = yield* send(user, part("filename", "note.txt") + part("file", text) + end)
      assert.strictEqual(named.json.filename, "note.txt")
      const content = yield* sendAs(user, `/api/documents/${named.json.id}/content`)
      assert.isTrue(content.text === text)
    })
  )

  it.effect("does not affect later requests on its connection", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const bytes = (yield* Effect.promise(samples))["application/pdf"]
      for (let times = 0; times < 3; times++) {
        assert.strictEqual((yield* send(user, filePart("").repeat(2))).status, 400)
        assert.strictEqual((yield* upload(user, bytes)).status, 201)
      }
      yield* assertBalanced
    })
  )
})
