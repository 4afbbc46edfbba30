import { assert } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { TestDatabase, testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { suite } from "@kite/testkit/Suite"
import { Deferred, Effect, Fiber, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const content = "the only copy"

const upload = (url: string, headers: Record<string, string>) =>
  Effect.tryPromise(async (signal) => {
    const response = await fetch(`${url}/api/documents`, {
      method: "POST",
      headers: { ...headers, "idempotency-key": "once" },
      body: uploadForm(content),
      signal
    })
    return { status: response.status, text: await response.text() }
  })

/** From now on, a commit that keeps a response waits for this lock, after everything else of its transaction. */
const holdCommits = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE FUNCTION hold_commit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$`
  yield* sql`CREATE CONSTRAINT TRIGGER hold_commit AFTER UPDATE OF response ON idempotency_keys
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.response IS NOT NULL) EXECUTE FUNCTION hold_commit()`
})

const isCommitting = SqlClient.SqlClient.use(
  (sql) => sql`SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory' AND query = 'COMMIT'`
)

const ids = SqlClient.SqlClient.use((sql) => sql<{ id: string }>`SELECT id FROM documents`)

/** Kills the server when PostgreSQL has begun to commit its upload; the commit ends after its death. */
const killAtCommit = Effect.fnUntraced(function* (kill: Effect.Effect<unknown>) {
  const sql = yield* SqlClient.SqlClient
  const [locked, killed] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  const hold = sql`SELECT pg_advisory_xact_lock(4711)`.pipe(
    Effect.andThen(Deferred.succeed(locked, undefined)),
    Effect.andThen(Deferred.await(killed))
  )
  const holder = yield* Effect.forkChild(sql.withTransaction(hold))
  yield* Deferred.await(locked)
  return Effect.gen(function* () {
    yield* eventually(isCommitting, ({ length }) => length === 1)
    assert.deepStrictEqual(yield* ids, [])
    yield* kill
    yield* Deferred.succeed(killed, undefined)
    yield* Fiber.join(holder)
    yield* eventually(ids, ({ length }) => length === 1)
  })
})

suite(testDatabase)("kill -9 between the commit of an upload and its response", (it) => {
  it.effect(
    "stores it once: a repetition with the same key returns the document",
    () =>
      Effect.gen(function* () {
        const variables = {
          DATA_DIR: yield* temporaryDirectory,
          DATABASE_URL: Redacted.value((yield* TestDatabase).url)
        }
        const first = yield* startKite(variables)
        const { headers } = yield* logInAt(first.url)
        yield* holdCommits
        const killWhenCommitting = yield* killAtCommit(first.end("SIGKILL"))
        const lost = yield* Effect.forkChild(Effect.flip(upload(first.url, headers)))
        yield* killWhenCommitting
        yield* Fiber.join(lost)

        const second = yield* startKite(variables)
        const anna = yield* logInAt(second.url)
        const repeated = yield* upload(second.url, anna.headers)
        assert.strictEqual(repeated.status, 201)
        const document = JSON.parse(repeated.text)
        assert.deepStrictEqual(yield* ids, [{ id: document.id }])
        assert.strictEqual((yield* upload(second.url, anna.headers)).text, repeated.text)
        assert.strictEqual((yield* anna.auth.me()).quota.usedBytes, Number(content.length))
        const finished = yield* anna.documents.get({ params: { id: document.id }, query: { wait: 60 } })
        assert.strictEqual(finished.status, "ready")
      }),
    120_000
  )
})
