import { inspect } from "node:util"
import { assert } from "@effect/vitest"
import { cookieOf, logIn, refresh } from "@kite/testkit/accounts/Sessions"
import { post, send } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { nextMailTo, resetTokenOf } from "@kite/testkit/mail/Mails"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer, Logger, References } from "effect"

const lines: Array<string> = []
const everything = Layer.merge(
  Logger.layer([
    Logger.make(({ message, cause, fiber }) => {
      const notes = fiber.getRef(References.CurrentLogAnnotations)
      lines.push(inspect([message, cause, notes], { depth: 12, maxStringLength: null, breakLength: 1e6 }))
    })
  ]),
  Layer.succeed(References.MinimumLogLevel, "All")
)

suite(TestServer.layerOn({ logging: everything }))("log lines", (it) => {
  it.effect("contain no password, token or link, whether requests succeed or fail", () =>
    Effect.gen(function* () {
      const user = { email: "logged@example.org", password: "a secret of the person" }
      const next = "another secret of theirs"
      yield* post("/api/auth/register", user)
      const session = yield* logIn(user)
      const renewed = yield* refresh(cookieOf(session))
      yield* logIn({ ...user, password: "a wrong secret of theirs" })
      yield* post("/api/auth/login", `{"email":"${user.email}","password":"${user.password}"`)
      yield* send(`/api/auth/me?token=${renewed.json.accessToken}`)
      yield* post("/api/auth/password-reset", { email: user.email })
      const token = resetTokenOf(yield* nextMailTo(user.email))
      yield* post("/api/auth/password-reset/confirm", { token, newPassword: "short" })
      yield* post("/api/auth/password-reset/confirm", { token, newPassword: next })
      assert.isNotEmpty(lines)
      const secrets = [user.password, next, "a wrong secret", token, renewed.json.accessToken]
      const cookies = [session, renewed].map((answer) => cookieOf(answer).split("=")[1] ?? "")
      for (const secret of [...secrets, ...cookies]) {
        assert.isAbove(secret.length, 10)
        for (const line of lines) assert.notInclude(line, secret)
      }
    })
  )
})
