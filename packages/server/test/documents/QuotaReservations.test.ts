import { assert } from "@effect/vitest"
import { assertBalanced } from "@kite/testkit/documents/Rows"
import { eventually } from "@kite/testkit/Eventually"
import { type Caller, signUp, upload } from "@kite/testkit/http/Client"
import { contentType, end } from "@kite/testkit/http/Multipart"
import { openSocket } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { QuotaReservations } from "../../src/documents/QuotaReservations.ts"

const limitBytes = 4_000_000
const fileBytes = 1_000_000

const server = QuotaReservations.layer.pipe(
  Layer.provideMerge(TestServer.layerWith({ QUOTA_BYTES: String(limitBytes), MAX_UPLOAD_BYTES: "2000000" }))
)

const head = (user: Caller) =>
  [
    "POST /api/documents HTTP/1.1",
    "Host: localhost",
    `Authorization: ${user.authorization["authorization"]}`,
    `Content-Type: ${contentType}`,
    "Transfer-Encoding: chunked",
    "\r\n"
  ].join("\r\n")

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const boundaryOf = end.slice(0, -4)
const partHead = `${boundaryOf}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n`

/** Sends most of a file and then neither more nor the end; returns what the server says meanwhile. */
const beginUpload = Effect.fnUntraced(function* (user: Caller) {
  const socket = yield* openSocket
  const answer = { text: "" }
  socket.on("data", (data) => {
    answer.text += data.toString()
  })
  socket.write(head(user) + chunk(partHead))
  for (let sent = 0; sent < fileBytes; sent += 50_000) socket.write(chunk("x".repeat(50_000)))
  return { socket, answer }
})

const reservedBytes = (user: { readonly id: string }) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ reserved: number; rows: number }>`
      SELECT reserved_bytes::float8 AS reserved,
        (SELECT coalesce(sum(bytes), 0)::float8 FROM upload_reservations WHERE user_id = users.id) AS rows
      FROM users WHERE id = ${user.id}`
    assert.strictEqual(row?.reserved, row?.rows)
    return row?.reserved ?? Number.NaN
  })

suite(server)("uploads that are under way", (it) => {
  it.effect("together never hold more than the quota, and give it back when they end", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      yield* Effect.gen(function* () {
        const uploads = yield* Effect.replicateEffect(beginUpload(user), 12)
        const refused = () => uploads.filter(({ answer }) => answer.text.startsWith("HTTP/1.1 413")).length
        // Twelve files of 1 MB want in where four fit; each of those that stay holds at least its 1 MB.
        yield* eventually(Effect.sync(refused), (count) => count >= 8, "15 seconds")
        assert.isAtMost(yield* reservedBytes(user), limitBytes)
        assert.isAtLeast(uploads.length - refused(), 1)
        const [refusal] = uploads.filter(({ answer }) => answer.text.includes("413"))
        assert.include(refusal?.answer.text, "Other uploads of this account")
      }).pipe(Effect.scoped)
      yield* eventually(reservedBytes(user), (bytes) => bytes === 0, "15 seconds")
      assert.strictEqual((yield* upload(user, "x".repeat(1_900_000))).status, 201)
      yield* assertBalanced
    })
  )

  it.effect("do not refuse a file that fits when it comes alone, to the last byte", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      assert.strictEqual((yield* upload(user, "x".repeat(2_000_000))).status, 201)
      assert.strictEqual((yield* upload(user, "x".repeat(2_000_000))).status, 201)
      assert.strictEqual(yield* reservedBytes(user), 0)
      assert.strictEqual((yield* upload(user, "x")).status, 413)
    })
  )

  it.effect("of a server that died give their quota back within a minute", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { removeExpired } = yield* QuotaReservations
      const [dead, alive] = [yield* signUp, yield* signUp]
      for (const [user, age] of [
        [dead, "-1 second"],
        [alive, "30 seconds"]
      ] as const) {
        yield* sql`UPDATE users SET reserved_bytes = 3000000 WHERE id = ${user.id}`
        yield* sql`
          INSERT INTO upload_reservations (id, user_id, bytes, expires_at)
          VALUES (gen_random_uuid(), ${user.id}, 3000000, now() + ${age}::interval)`
      }
      yield* removeExpired
      assert.deepStrictEqual([yield* reservedBytes(dead), yield* reservedBytes(alive)], [0, 3_000_000])
      assert.strictEqual((yield* upload(dead, "x".repeat(2_000_000))).status, 201)
      assert.strictEqual((yield* upload(alive, "x".repeat(2_000_000))).status, 413)
    })
  )
})
