import { assert, describe, it } from "@effect/vitest"
import { isSecretName, scrub } from "@kite/adapters/logging/Redaction"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Cause, Effect, Redacted } from "effect"
import fc from "fast-check"

// Shorter than an opaque token, so that only its place identifies it; and never part of a name or a word.
const secret = fc.stringMatching(/^zq[a-z0-9]{10,30}$/)
const opaque = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/)

const secretName = fc.constantFrom(
  ..."password newPassword current_password PASSWORD passwd secret clientSecret TOKEN_SECRET token accessToken refresh_token".split(
    " "
  ),
  ..."resetToken authorization Authorization Proxy-Authorization cookie Set-Cookie api_key apiKey privateKey".split(
    " "
  ),
  ..."credentials sessionId jwt otp text body content payload pages html".split(" ")
)

// Strings that contain a secret.
const sentence = fc.constantFrom<(secret: string) => string>(
  (it) => `GET /reset?token=${it}&x=1`,
  (it) => `see https://kite.example/reset#token=${it}.`,
  (it) => `Authorization: Bearer ${it}`,
  (it) => `Basic ${Buffer.from(`user:${it}`).toString("base64")}`,
  (it) => `cookie: theme=dark; kite_refresh=${it}; a=b`,
  (it) => `Set-Cookie: kite_refresh=${it}; HttpOnly`,
  (it) => `connect postgres://kite:${it}@db:5432/kite failed`,
  (it) => `could not parse {"email":"a@b.c","newPassword":"${it}"}`,
  (it) => `password = '${it}'`,
  (it) => `jwt eyJhbGciOiJIUzI1NiJ9.${it}.${it}`,
  (it) => `?access_token%3D${it}`
)

/** A value that contains the secret where it must be redacted. */
const hidden = (value: string, sentenceOf: (secret: string) => string, name: string) =>
  fc.oneof(
    fc.constant<unknown>({ [name]: value }),
    fc.constant({ [name]: { nested: [value] } }),
    fc.constant(new Map([[name, value]])),
    fc.constant(Redacted.make(value)),
    fc.constant(sentenceOf(value)),
    fc.constant(new Error(sentenceOf(value), { cause: { [name]: value } })),
    fc.constant(new URL(`https://user:${value}@kite.example/?token=${value}`)),
    fc.constant({ toJSON: () => ({ [name]: value }) }),
    fc.constant({ [sentenceOf(value)]: 1 })
  )

const around = (leaf: fc.Arbitrary<unknown>) =>
  fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.array(fc.oneof(tie("tree"), fc.jsonValue()), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 8 }), tie("tree"), { maxKeys: 4 }),
      tie("tree").map((it) => new Set([it])),
      tie("tree").map((it) => new Map([["entry", it]]))
    )
  })).tree

const story = fc
  .record({ secret, sentence, name: secretName })
  .chain(({ secret, sentence, name }) =>
    around(hidden(secret, sentence, name)).map((tree) => ({ secret, tree, said: sentence(secret) }))
  )

describe("redaction", () => {
  it.effect("removes the secret from any random structure", () =>
    Effect.promise(async () => {
      await fc.assert(
        fc.asyncProperty(story, async ({ secret, tree, said }) => {
          const capture = new LogCapture()
          await Effect.logInfo(said, { tree }, tree, Cause.fail(tree)).pipe(
            Effect.andThen(Effect.logError(new Error(said, { cause: tree }))),
            Effect.andThen(Effect.logWarning("annotated").pipe(Effect.annotateLogs({ tree, [said]: said }))),
            Effect.provide(capture.layer),
            Effect.runPromise
          )
          assert.strictEqual(capture.parsed.length, 3)
          const line = capture.lines.find((it) => it.includes(secret))
          assert.isUndefined(line)
        }),
        { numRuns: 1_000 }
      )
    })
  )

  it("recognises an opaque token anywhere, whole or cut by the length limit", () => {
    fc.assert(
      fc.property(opaque, fc.string({ maxLength: 60 }), fc.nat(140), (token, before, limit) => {
        const clean = scrub(`${before} /reset/${token} after`, limit)
        for (let start = 0; start + 8 <= token.length; start++) {
          assert.isFalse(clean.includes(token.slice(start, start + 8)), `${token.slice(start, start + 8)} in ${clean}`)
        }
      })
    )
  })

  it("leaves ordinary text, ids, paths and counts unchanged", () => {
    for (const text of [
      "Invoice 2026-11.pdf was stored",
      "0190e5d2-7a3c-7b1e-8f00-0123456789ab",
      "/api/documents/0190e5d2-7a3c-7b1e-8f00-0123456789ab/content",
      "at Documents.upload (/work/kite/packages/server/src/documents/Documents.ts:66:12)",
      "https://kite.example/api/documents?limit=20",
      "the digest does not match, basic authentication is off"
    ]) {
      assert.strictEqual(scrub(text, 2_000), text)
    }
    assert.isFalse(isSecretName("pages", 12))
    assert.isFalse(isSecretName("content_type", "application/pdf"))
    assert.isTrue(isSecretName("text", "of a document"))
  })

  it("takes only milliseconds for input that is made to be slow", () => {
    for (const evil of ["pass", "://", "eyJ.", "cookie", "basic ", "-", "token ", "=:", "a@"]) {
      const text = evil.repeat(20_000)
      const start = performance.now()
      scrub(text, 4_000)
      assert.isBelow(performance.now() - start, 250, evil)
    }
  })
})
