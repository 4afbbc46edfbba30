import { assert, it } from "@effect/vitest"
import { parseS3Location } from "@kite/adapters/objects/S3Location"
import { Effect, Redacted } from "effect"

const parse = (url: string) => parseS3Location(Redacted.make(url))

it.effect("reads host, port, bucket, %-encoded keys and region", () =>
  Effect.gen(function* () {
    const { secretKey, ...location } = yield* parse("http://me%3Ayou:s%2Fcret@[::1]:9000/kite?region=eu-west-1")
    assert.strictEqual(Redacted.value(secretKey), "s/cret")
    assert.deepEqual(location, {
      host: "::1",
      port: 9000,
      secure: false,
      accessKey: "me:you",
      bucket: "kite",
      region: "eu-west-1"
    })
  })
)

it.effect("uses the default port of the protocol and the default region", () =>
  Effect.gen(function* () {
    const secure = yield* parse("https://key:secret@s3.example.com/kite")
    assert.deepInclude(secure, { port: 443, secure: true, region: "us-east-1" })
    assert.deepInclude(yield* parse("http://key:secret@minio/kite/"), { host: "minio", port: 80, secure: false })
  })
)

it.effect.each([
  "hush",
  "s3://key:hush@host/kite",
  "http://key:hush@host",
  "http://key:hush@host/",
  "http://key:hush@host/a/b",
  "http://key:hush@host/Not_A_Bucket",
  "http://hush@host/kite",
  "http://host/kite?hush",
  "http://key:hush%zz@host/kite",
  "http://key:hush@host:99999/kite"
])("refuses %s, and the error does not show it", (url) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(parse(url))
    assert.instanceOf(error.cause, Error)
    assert.notInclude(String(error.cause), "hush")
    assert.notInclude(JSON.stringify(error), "hush")
  })
)
