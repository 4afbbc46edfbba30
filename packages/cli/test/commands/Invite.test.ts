import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"
import { kite } from "./RunKite.ts"

describe("kite admin invite", () => {
  it.live(
    "mails an invite, from the command line of an embedded kite that runs or not",
    () =>
      Effect.gen(function* () {
        const DATA_DIR = yield* temporaryDirectory
        const invited = yield* kite({ DATA_DIR }, "admin", "invite", "Guest@Example.org")
        assert.strictEqual(invited.code, 0, invited.err)
        assert.match(invited.out, /^Invited guest@example\.org as user, until \d{4}-/m)
        const outbox = join(DATA_DIR, "outbox")
        const [mail = ""] = yield* Effect.promise(() => readdir(outbox))
        const text = yield* Effect.promise(() => readFile(join(outbox, mail), "utf8"))
        assert.match(text, /^http:\/\/127\.0\.0\.1:8000\/invite#[\w-]{43}\r?$/m)
        assert.match((yield* kite({ DATA_DIR }, "admin", "invite", "a b")).err, /is not a valid e-mail address/)
        const closed = yield* kite({ DATA_DIR, REGISTRATION: "closed" }, "admin", "invite", "a@example.org")
        assert.deepInclude(closed, { code: 1, err: "kite: REGISTRATION is closed, so an invite would not work\n" })
      }).pipe(Effect.scoped),
    180_000
  )
})

describe("kite start with its own PostgreSQL", () => {
  it.live("takes everybody who registers, unless REGISTRATION says otherwise", () =>
    Effect.gen(function* () {
      const DATA_DIR = yield* temporaryDirectory
      const registerAt = (REGISTRATION: string) =>
        Effect.gen(function* () {
          const { url } = yield* startKite({ DATA_DIR, REGISTRATION })
          const body = JSON.stringify({ email: "anna@example.org", password: "up, up and away 9" })
          const headers = { "content-type": "application/json" }
          const response = yield* Effect.promise(() =>
            fetch(`${url}/api/auth/register`, { method: "POST", headers, body })
          )
          return response.status
        }).pipe(Effect.scoped)
      assert.strictEqual(yield* registerAt("invite"), 403)
      assert.strictEqual(yield* registerAt(""), 201)
    }).pipe(Effect.scoped)
  )
})
