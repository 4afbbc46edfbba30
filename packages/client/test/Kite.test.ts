import { assert } from "@effect/vitest"
import { signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { Kite } from "../src/Kite.ts"
import { isProblem } from "../src/Problem.ts"
import type { Progress } from "../src/Upload.ts"

/** Runs a test with a logged-in client of a new account. */
const withKite = (test: (kite: Kite) => Promise<void>) =>
  Effect.gen(function* () {
    const { url } = yield* TestServer
    const { email, password } = yield* signUp
    const kite = new Kite(url)
    yield* Effect.promise(() => kite.login({ email, password }))
    yield* Effect.promise(() => test(kite))
  })

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error
  )

const megabyte = new Blob([new Uint8Array(1_000_000).fill(65)])

suite(TestServer.layer)("the client", (it) => {
  it.effect("uploads a file, tells its progress, and gives back the same bytes", () =>
    withKite(async (kite) => {
      const progress: Array<Progress> = []
      const { id, sizeBytes } = await kite.upload(megabyte, { onProgress: (event) => progress.push(event) })
      assert.strictEqual(sizeBytes, 1_000_000)
      assert.isAbove(progress.length, 5)
      assert.deepStrictEqual(progress.at(-1), { sentBytes: 1_000_000, totalBytes: 1_000_000 })
      const download = await kite.download(id)
      assert.deepStrictEqual([download.contentType, download.sizeBytes], ["text/plain", 1_000_000])
      assert.deepStrictEqual(await new Response(download.stream).text(), await megabyte.text())
    })
  )

  it.effect("uploads a stream whose length it does not know", () =>
    withKite(async (kite) => {
      const progress: Array<Progress> = []
      const options = { filename: "stream.txt", onProgress: (event: Progress) => progress.push(event) }
      const document = await kite.upload(megabyte.stream(), options)
      assert.deepStrictEqual([document.filename, document.sizeBytes], ["stream.txt", 1_000_000])
      assert.deepStrictEqual(progress.at(-1), { sentBytes: 1_000_000, totalBytes: undefined })
    })
  )

  it.effect.each(["Grüße.txt", '12" display.txt', "a; b=c.txt", "100%22.txt", "文書.txt"])(
    "keeps the name %s",
    (name) =>
      withKite(async (kite) => {
        assert.strictEqual((await kite.upload(new File(["hello"], name))).filename, name)
        assert.strictEqual((await kite.upload(new Blob(["hello"]), { filename: name })).filename, name)
      })
  )

  it.effect("lists all documents that match, page by page", () =>
    withKite(async (kite) => {
      for (const name of ["a", "b", "c", "d", "e"]) await kite.upload(new File([name], `${name}.txt`))
      const names = []
      for await (const { filename } of kite.list({ sort: "filename", limit: 2 })) names.push(filename)
      assert.deepStrictEqual(names, ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"])
      const found = []
      for await (const { filename, match } of kite.list({ q: "d.txt" })) found.push([filename, match?.page])
      assert.deepStrictEqual(found, [["d.txt", null]])
      for await (const { filename } of kite.list({ status: "failed" })) assert.fail(filename)
    })
  )

  it.effect("renames, reads and deletes a document", () =>
    withKite(async (kite) => {
      const { id } = await kite.upload(new File(["hello"], "a.txt"))
      assert.strictEqual((await kite.rename(id, "b.txt")).filename, "b.txt")
      assert.strictEqual((await kite.document(id)).filename, "b.txt")
      assert.strictEqual((await kite.me()).quota.usedBytes, 5)
      await kite.delete(id)
      assert.isTrue(isProblem(await failureOf(kite.document(id)), "urn:kite:problem:not-found"))
    })
  )

  it.effect("tells problems apart by their type, with their members", () =>
    withKite(async (kite) => {
      const { id } = await kite.upload(new File(["hello"], "a.txt"))
      const notReady = await failureOf(kite.text(id))
      assert.isTrue(isProblem(notReady, "urn:kite:problem:text-not-ready"))
      if (isProblem(notReady, "urn:kite:problem:text-not-ready")) {
        assert.strictEqual(notReady.problem.documentStatus, "pending")
        assert.match(notReady.problem.correlationId, /^[0-9a-f-]{36}$/)
      }
      assert.isTrue(isProblem(await failureOf(kite.reprocess(id)), "urn:kite:problem:extraction-running"))
      const invalid = await failureOf(kite.list({ limit: 1_000 }).next())
      assert.isTrue(isProblem(invalid, "urn:kite:problem:invalid-request") && invalid.problem.errors.length === 1)
      assert.isTrue(isProblem(await failureOf(kite.upload(new Blob([]))), "urn:kite:problem:invalid-upload"))
    })
  )

  it.effect("gets the refusal of an upload that is too large, and can go on", () =>
    withKite(async (kite) => {
      const error = await failureOf(kite.upload(new Blob(Array.from({ length: 30 }, () => megabyte))))
      assert.isTrue(isProblem(error, "urn:kite:problem:upload-too-large"), String(error))
      assert.strictEqual((await kite.upload(new Blob(["hello"]))).sizeBytes, 5)
    })
  )

  it.effect("says what to do with a file that is stored already", () =>
    withKite(async (kite) => {
      const { id } = await kite.upload(new Blob(["hello"]))
      assert.strictEqual((await kite.upload(new Blob(["hello"]))).duplicateOf, id)
      assert.strictEqual((await kite.upload(new Blob(["hello"]), { onDuplicate: "return" })).id, id)
      const refused = await failureOf(kite.upload(new Blob(["hello"]), { onDuplicate: "reject" }))
      assert.isTrue(isProblem(refused, "urn:kite:problem:duplicate-document") && refused.problem.duplicateOf === id)
    })
  )

  it.effect("stores an upload once however often its key is sent", () =>
    withKite(async (kite) => {
      const options = { filename: "a.txt", idempotencyKey: 'order "7"' }
      const { id } = await kite.upload(new Blob(["hello"]), options)
      assert.strictEqual((await kite.upload(new Blob(["hello"]), options)).id, id)
    })
  )

  it.effect("aborts an upload", () =>
    withKite(async (kite) => {
      const controller = new AbortController()
      const error = await failureOf(
        kite.upload(megabyte, { signal: controller.signal, onProgress: () => controller.abort("enough") })
      )
      assert.strictEqual(error, "enough")
      assert.strictEqual((await kite.me()).quota.usedBytes, 0)
    })
  )
})
