import { ObjectStoreMinio } from "@kite/adapters/objects/ObjectStoreMinio"
import { Effect, Layer } from "effect"
import { objectStoreSuite } from "../../packages/adapters/test/objects/ObjectStoreSuite.ts"
import { testBucket } from "./TestBucket.ts"

const store = Layer.unwrap(Effect.map(testBucket, ({ url }) => ObjectStoreMinio.layer(url)))

objectStoreSuite("MinIO client on a real S3 server", store, { largeBytes: 12_000_000, endsAtFirstByte: true })
