import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { send, signUp, upload } from "../parts/Client.ts"
import { TestServer } from "../parts/TestServer.ts"

layer(TestServer.layer, { excludeTestServices: true, timeout: "60 seconds" })("documents", (it) => {
  it.effect("come back as they were uploaded", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const created = yield* upload(user, "hello world", "grüße.txt")
      assert.strictEqual(created.status, 201)
      const content = yield* send(`${created.headers.get("location")}/content`, { headers: user.authorization })
      assert.strictEqual(content.text, "hello world")
    })
  )
})
