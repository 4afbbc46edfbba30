import { inspect } from "node:util"
import { assert, it } from "@effect/vitest"
import { ObjectStoreMinio } from "@kite/adapters/objects/minio/ObjectStoreMinio"
import { ObjectStore, ObjectStoreError } from "@kite/adapters/objects/ObjectStore"
import { collect, endless, newKey } from "@kite/testkit/objects/Content"
import { Context, Effect, Layer, Redacted, Stream } from "effect"
import { cut, type Fault, fail500, refuse, startFaultyS3, whenRead } from "./FaultyS3.ts"

/** A store on a server with this fault, and the requests that the server received. */
const storeOn = Effect.fnUntraced(function* (fault: Fault) {
  const server = yield* startFaultyS3(fault)
  const store = Context.get(yield* Layer.build(ObjectStoreMinio.layer(server.url)), ObjectStore)
  return { ...server, ...store, key: yield* newKey }
})

const faults: ReadonlyArray<readonly [string, Fault, tries: number]> = [
  ["returns 500", fail500, 3],
  ["cuts the connection", cut, 3],
  ["refuses", refuse, 1]
]

for (const [name, fault, tries] of faults) {
  it.live(`fails each call of a server that ${name}, after ${tries} tries`, () =>
    Effect.gen(function* () {
      const { put, get, remove, list, key, requests } = yield* storeOn(fault)
      const calls = [
        ["GET", collect(get(key))],
        ["DELETE", remove(key)],
        ["GET", Stream.runDrain(list)],
        ["PUT", put(key, Stream.make(new Uint8Array(10)))]
      ] as const
      for (const [method, call] of calls) {
        requests.length = 0
        assert.instanceOf(yield* Effect.flip<unknown, unknown, never>(call), ObjectStoreError)
        assert.strictEqual(requests.filter((line) => line.startsWith(method)).length, tries)
      }
    })
  )
}

it.live("does not start on a bucket that it may neither open nor create, and names it without the secret", () =>
  Effect.gen(function* () {
    const { url, requests } = yield* startFaultyS3(refuse)
    const other = Redacted.make(Redacted.value(url).replace("/kite", "/other"))
    const error = yield* Effect.flip(Layer.build(ObjectStoreMinio.layer(other)))
    assert.match(String(error.cause), /at 127\.0\.0\.1:\d+ refuses access to the bucket "other"/)
    assert.notInclude(inspect(error, { depth: 10 }), "secret")
    assert.deepEqual(requests, ["HEAD /other"])
  })
)

it.live("recovers from a server that fails once", () =>
  Effect.gen(function* () {
    let failures = 0
    const { remove, key, requests } = yield* storeOn((request, response) =>
      failures++ === 0 ? fail500(request, response) : void response.writeHead(204).end()
    )
    yield* remove(key)
    assert.strictEqual(requests.length, 2)
  })
)

it.live("fails when an object or a range ends early", () =>
  Effect.gen(function* () {
    const { get, key } = yield* storeOn((_, response) => {
      response.writeHead(200, { "content-length": 100_000 })
      response.write(Buffer.alloc(50_000), () => response.destroy())
    })
    assert.instanceOf(yield* Effect.flip(collect(get(key))), ObjectStoreError)
    const short = yield* storeOn((_, response) => void response.writeHead(206, { "content-length": 3 }).end("abc"))
    assert.instanceOf(yield* Effect.flip(collect(short.get(key, { start: 0, end: 9 }))), ObjectStoreError)
  })
)

for (const [what, stored] of [
  ["fewer bytes", { "content-length": 9, etag: '"good"' }],
  ["other bytes", { "content-length": 10, etag: '"other"' }]
] as const) {
  it.live(`removes an object if the store holds ${what}`, () =>
    Effect.gen(function* () {
      const { put, key, requests } = yield* storeOn((request, response) =>
        whenRead(request, () => {
          const headers = request.method === "HEAD" ? stored : { etag: '"good"' }
          response.writeHead(request.method === "DELETE" ? 204 : 200, headers).end()
        })
      )
      assert.instanceOf(yield* Effect.flip(put(key, Stream.make(new Uint8Array(10)))), ObjectStoreError)
      assert.deepEqual(requests, [`PUT /kite/${key}`, `HEAD /kite/${key}`, `DELETE /kite/${key}`])
    })
  )
}

it.live("aborts a multipart upload whose part fails", () =>
  Effect.gen(function* () {
    const { put, key, requests } = yield* storeOn((request, response) =>
      whenRead(request, () => {
        if (request.method === "PUT") return void response.writeHead(503).end()
        if (request.method === "DELETE") return void response.writeHead(204).end()
        response.end("<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>")
      })
    )
    assert.instanceOf(yield* Effect.flip(put(key, endless(6_000_000))), ObjectStoreError)
    assert.strictEqual(requests.filter((line) => line.startsWith("PUT")).length, 3)
    assert.strictEqual(requests.at(-1), `DELETE /kite/${key}?uploadId=one`)
  })
)

it.live("reuses its connections", () =>
  Effect.gen(function* () {
    const { remove, get, key, connections } = yield* storeOn((request, response) =>
      request.method === "DELETE"
        ? void response.writeHead(204).end()
        : void response.writeHead(200, { "content-length": 3 }).end("abc")
    )
    yield* Effect.repeat(remove(key), { times: 4 })
    yield* Effect.repeat(collect(get(key)), { times: 4 })
    // The start uses one connection, and its search for abandoned uploads another, during the first of these ten calls.
    assert.isAtMost(connections(), 3)
  })
)

it.live("lists 2,500 objects, a thousand at a time", () =>
  Effect.gen(function* () {
    const keys = yield* Effect.forEach(Array.from({ length: 2_500 }), () => newKey)
    const { list, requests } = yield* storeOn((request, response) => {
      const from = Number(
        new URL(`http://s3${request.url}`).searchParams.get("continuation-token")?.slice("from-".length) ?? 0
      )
      const contents = keys.slice(from, from + 1_000).map((key) => {
        const about = `<Size>1</Size><ETag>"a"</ETag><LastModified>2026-11-22T12:00:00.000Z</LastModified>`
        return `<Contents><Key>${key}</Key>${about}</Contents>`
      })
      const next =
        from + 1_000 < keys.length ? `<NextContinuationToken>from-${from + 1_000}</NextContinuationToken>` : ""
      const truncated = `<IsTruncated>${next !== ""}</IsTruncated>`
      response.end(`<ListBucketResult>${truncated}${next}${contents.join("")}</ListBucketResult>`)
    })
    const listed = yield* Stream.runCollect(list)
    assert.deepEqual(
      listed.map((object) => object.key),
      keys
    )
    assert.lengthOf(requests, 3)
  })
)

it.live("fails when the server does not say where a listing continues", () =>
  Effect.gen(function* () {
    const { list } = yield* storeOn((_, response) => {
      response.end("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>")
    })
    assert.instanceOf(yield* Effect.flip(Stream.runDrain(list)), ObjectStoreError)
  })
)
