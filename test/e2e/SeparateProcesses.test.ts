import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { startS3rver } from "@kite/testkit/objects/StartS3rver"
import { TwoRoles } from "@kite/testkit/postgres/TwoRoles"
import { spawnKite } from "@kite/testkit/processes/KiteProcess"
import { TestRedis } from "@kite/testkit/redis/TestRedis"
import { Effect, Layer, Redacted } from "effect"

const eventsOf = (lines: ReadonlyArray<string>, correlationId: string) =>
  lines
    .map((line) => JSON.parse(line))
    .filter((line) => line.correlation_id === correlationId)
    .map((line) => `${line.service}: ${line.event}`)

it.live(
  "migrate, server and worker on one Postgres, Redis and S3 server work as one kite, and log an upload under one id",
  () =>
    Effect.gen(function* () {
      const { ownerUrl, applicationUrl } = yield* TwoRoles
      const shared = {
        DATABASE_URL: Redacted.value(applicationUrl),
        REDIS_URL: Redacted.value((yield* TestRedis).url),
        OBJECT_STORE_URL: Redacted.value(yield* startS3rver),
        TOKEN_SECRET: "a secret of this test and of no other",
        DATA_DIR: "/nowhere"
      }
      const migrate = yield* spawnKite("migrate", { ...shared, DATABASE_MIGRATE_URL: Redacted.value(ownerUrl) })
      assert.strictEqual(yield* migrate.ended, 0)

      const mail = { SMTP_URL: "smtp://127.0.0.1:1" }
      const server = yield* spawnKite("server", { ...shared, ...mail })
      const worker = yield* spawnKite("worker", { ...shared, METRICS_PORT: "0" })
      const [, url = ""] = yield* server.lineLike(/Listening on (http:\/\/[^"]+)"/)
      const anna = yield* logInAt(url)
      const { id } = yield* anna.uploadExample("scan.jpg")
      const finished = yield* anna.documents.get({ params: { id }, query: { wait: 60 } })
      assert.strictEqual(finished.status, "ready", "the worker's process wakes the server's request")
      yield* eventually(anna.list, ([first]) => first?.status === "ready", "60 seconds")
      assert.include(yield* anna.textOf(id), "harbour meadow")

      const health = yield* Effect.promise(() => fetch(`${url}/health/ready`).then((response) => response.text()))
      assert.include(health, '"redis":{"status":"up"')

      const upload = JSON.parse((yield* server.lineLike(/POST \/api\/documents 201/)).input)
      yield* worker.lineLike(/"event":"job_finished"/)
      assert.deepStrictEqual(eventsOf(worker.lines, upload.correlation_id), [
        "worker: job_started",
        "worker: job_finished"
      ])

      const [, metrics = ""] = yield* worker.lineLike(/Metrics are at (http:[^"]+)"/)
      const jobs = yield* Effect.promise(() => fetch(metrics).then((response) => response.text()))
      assert.match(jobs, /^kite_jobs_total\{[^}]*\} 1$/m)
      const warnings = [server, worker].map(
        ({ lines }) => lines.filter((line) => line.includes('"runs_as_root"')).length
      )
      assert.deepStrictEqual(warnings, process.geteuid?.() === 0 ? [1, 1] : [0, 0])

      assert.deepStrictEqual([yield* server.end("SIGTERM"), yield* worker.end("SIGTERM")], [0, 0])
    }).pipe(Effect.provide(Layer.merge(TwoRoles.layer, TestRedis.layer))),
  120_000
)
