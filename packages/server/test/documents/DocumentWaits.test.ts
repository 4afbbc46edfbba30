import { assert, it } from "@effect/vitest"
import { setText } from "@kite/testkit/documents/Rows"
import { eventually } from "@kite/testkit/Eventually"
import { type Caller, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { startInstance } from "@kite/testkit/http/Instances"
import { assertProblem } from "@kite/testkit/http/Problem"
import { openSocket } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { suite } from "@kite/testkit/Suite"
import { Duration, Effect, Exit, Fiber, Scope } from "effect"
import { SqlClient } from "effect/sql"

const maxWaits = 20

const get = (user: Caller, id: string, query = "", headers: Record<string, string> = {}) =>
  sendAs(user, `/api/documents/${id}${query}`, { headers })

const newDocument = (user: Caller) => Effect.map(upload(user, `${Math.random()}`), ({ json }) => json.id as string)

/** Begins to wait: when this returns, the server reads the document for the first time, before anything that the test does next. */
const begin = <A, E, R>(request: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const readers = sql<{ count: number }>`
      SELECT count(*)::int AS count FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE relation = 'documents'::regclass AND NOT granted AND query LIKE '% FROM documents WHERE user_id = %'`
    yield* sql`LOCK TABLE documents IN ACCESS EXCLUSIVE MODE`
    const fiber = yield* Effect.forkDetach(request, { startImmediately: true })
    // Within a transaction, what sessions do is read once and kept.
    const now = Effect.andThen(sql`SELECT pg_stat_clear_snapshot()`, readers)
    yield* eventually(now, ([row]) => row?.count === 1)
    return fiber
  }).pipe((effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)), Effect.orDie)

/** Waits until no other request of the account may wait. */
const untilFull = (user: Caller, id: string) => eventually(get(user, id, "?wait=0s"), ({ status }) => status === 429)

/** Waits; again and again while another request, such as that of `untilFull`, has the last place. */
const waitPersistently = (user: Caller, id: string) =>
  Effect.repeat(get(user, id, "?wait=60s"), { until: ({ status }) => status !== 429 })

const finish = (id: string) => Effect.orDie(setText(id, ["text"]))

suite(TestServer.layer)("a request that waits for a document", (it) => {
  it.effect("returns as soon as the text is there", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const id = yield* newDocument(user)
      const waiting = yield* begin(get(user, id.toUpperCase(), "?wait=60s"))
      yield* finish(id)
      const answer = yield* Fiber.join(waiting).pipe(Effect.timeout("10 seconds"))
      assert.deepStrictEqual([answer.status, answer.json.id, answer.json.status], [200, id, "ready"])
      assert.isNull(answer.headers.get("preference-applied"))
    })
  )

  it.effect("returns when the extraction failed, and 404 when the document is deleted", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const [failing, deleted] = [yield* newDocument(user), yield* newDocument(user)]
      const first = yield* begin(get(user, failing, "?wait=60"))
      const second = yield* begin(get(user, deleted, "?wait=60"))
      yield* sql`UPDATE documents SET status = 'failed', failure_code = 'corrupt' WHERE id = ${failing}`
      assert.strictEqual((yield* Fiber.join(first)).json.status, "failed")
      yield* sendAs(user, `/api/documents/${deleted}`, { method: "DELETE" })
      assertProblem(yield* Fiber.join(second), 404, "not-found")
    })
  )

  it.effect("waits on while the document is only begun, and returns it as it is after the time", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const id = yield* newDocument(user)
      const waiting = yield* begin(get(user, id, "?wait=1s"))
      yield* sql`UPDATE documents SET status = 'processing' WHERE id = ${id}`
      const answer = yield* Fiber.join(waiting)
      assert.deepStrictEqual([answer.status, answer.json.status], [200, "processing"])
    })
  )

  it.effect("does not wait for what is finished or not there", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const id = yield* newDocument(user)
      yield* finish(id)
      assert.strictEqual((yield* get(user, id, "?wait=60s")).json.status, "ready")
      const stranger = yield* signUp
      assertProblem(yield* get(stranger, id, "?wait=60s"), 404, "not-found")
    }).pipe(Effect.timeout("20 seconds"))
  )

  it.effect("may prefer to wait (RFC 7240), and is told what was applied", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const id = yield* newDocument(user)
      const waiting = yield* begin(get(user, id, "", { prefer: "respond-async, wait=600" }))
      yield* finish(id)
      const answer = yield* Fiber.join(waiting)
      assert.strictEqual(answer.json.status, "ready")
      assert.strictEqual(answer.headers.get("preference-applied"), "wait=60")
      const other = yield* get(user, id, "", { prefer: "wait=soon" })
      assert.deepStrictEqual([other.status, other.headers.get("preference-applied")], [200, null])
    })
  )

  it.effect("waits on any server, whichever took the upload", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const id = yield* newDocument(user)
      const other = yield* startInstance
      const waiting = yield* begin(Effect.provide(get(user, id, "?wait=60s"), other))
      yield* finish(id)
      assert.strictEqual((yield* Fiber.join(waiting)).json.status, "ready")
    }).pipe(Effect.scoped)
  )

  it.effect("is refused beside twenty others of its account, unless it only prefers to wait", () =>
    Effect.gen(function* () {
      const [user, other] = [yield* signUp, yield* signUp]
      const id = yield* newDocument(user)
      const many = Effect.all(
        Array.from({ length: maxWaits }, () => waitPersistently(user, id)),
        { concurrency: "unbounded" }
      )
      const waiting = yield* Effect.forkChild(many, { startImmediately: true })
      yield* untilFull(user, id)
      const refused = yield* get(user, id, "?wait=60s")
      assertProblem(refused, 429, "too-many-waits", `/api/documents/${id}`)
      assert.strictEqual(refused.headers.get("retry-after"), "1")
      const preferring = yield* get(user, id, "", { prefer: "wait=60" })
      assert.deepStrictEqual([preferring.status, preferring.headers.get("preference-applied")], [200, null])
      assert.strictEqual((yield* get(user, id)).status, 200)
      assert.strictEqual((yield* get(other, yield* newDocument(other), "?wait=0s")).status, 200)
      yield* finish(id)
      for (const answer of yield* Fiber.join(waiting)) assert.strictEqual(answer.json.status, "ready")
      assert.strictEqual((yield* get(user, id, "?wait=60s")).status, 200)
    })
  )

  it.effect("makes room when its client leaves", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const id = yield* newDocument(user)
      const authorization = user.authorization["authorization"]
      const leave = Effect.gen(function* () {
        const open = Effect.map(openSocket, (socket) =>
          socket.write(
            `GET /api/documents/${id}?wait=60s HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`
          )
        )
        // Some more than may wait, because `untilFull` may have the last place just when one of these comes.
        yield* Effect.replicateEffect(open, maxWaits + 5)
        yield* untilFull(user, id)
      })
      yield* Effect.scoped(leave)
      yield* eventually(get(user, id, "?wait=0s"), ({ status }) => status === 200)
    })
  )

  it.effect("ends when its server stops, with the document as it is then", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const id = yield* newDocument(user)
      const scope = yield* Scope.make()
      const other = yield* Scope.provide(startInstance, scope)
      const waiting = yield* begin(Effect.provide(get(user, id, "?wait=60s"), other))
      const [took] = yield* Effect.timed(Scope.close(scope, Exit.void))
      const answer = yield* Fiber.join(waiting)
      assert.deepStrictEqual([answer.status, answer.json.status], [200, "pending"])
      assert.isBelow(Duration.toMillis(took), 5_000)
    })
  )
})

it.live("a wait is no part of the latency that is logged", () => {
  const capture = new LogCapture()
  return Effect.gen(function* () {
    const user = yield* signUp
    const id = yield* newDocument(user)
    const [took] = yield* Effect.timed(get(user, id, "?wait=2s"))
    assert.isAtLeast(Duration.toMillis(took), 2_000)
    const logged = yield* eventually(
      Effect.sync(() => capture.parsed.find(({ route }) => route === "/api/documents/:id")),
      (line) => line?.event === "http_request"
    )
    assert.isBelow(logged?.latency_ms ?? 2_000, 1_000)
  }).pipe(Effect.provide(TestServer.layerOn({ logging: capture.layer })))
})
