import { createHash } from "node:crypto"
import { assert } from "@effect/vitest"
import { send } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"

suite(TestServer.layer)("the password-reset page", (it) => {
  it.effect("runs its own script and style, uses no other origin, and is neither stored nor framed", () =>
    Effect.gen(function* () {
      const { status, headers, text } = yield* send("/reset")
      assert.strictEqual(status, 200)
      const policy = headers.get("content-security-policy") ?? ""
      for (const element of ["script", "style"]) {
        const [, source = ""] = new RegExp(`<${element}[^>]*>([^]*?)</${element}>`).exec(text) ?? []
        assert.include(policy, `${element}-src 'sha256-${createHash("sha256").update(source).digest("base64")}'`)
      }
      assert.notInclude(policy, "unsafe")
      assert.include(policy, "default-src 'none'")
      assert.include(policy, "frame-ancestors 'none'")
      assert.notMatch(text, /(?:src|href|action)=|https?:/)
      assert.strictEqual(headers.get("cache-control"), "no-store")
      assert.strictEqual(headers.get("referrer-policy"), "no-referrer")
    })
  )

  it.effect("has a masked field for password managers that allows pasting", () =>
    Effect.gen(function* () {
      const { text } = yield* send("/reset")
      assert.deepStrictEqual(
        [...text.matchAll(/<input[^>]*>/g)].map(([input]) => input),
        ['<input type="password" autocomplete="new-password" required>']
      )
      assert.notMatch(text, /paste|keydown|oncopy/i)
    })
  )
})
