import { ObjectStoreMinio } from "@kite/adapters/objects/minio/ObjectStoreMinio"
import { objectStoreSuite } from "@kite/testkit/objects/ObjectStoreSuite"
import { testBucket } from "@kite/testkit/objects/TestBucket"
import { Effect, Layer } from "effect"

const store = Layer.unwrap(Effect.map(testBucket, ({ url }) => ObjectStoreMinio.layer(url)))

objectStoreSuite("MinIO client on a real S3 server", store, { largeBytes: 12_000_000, endsAtFirstByte: true })
