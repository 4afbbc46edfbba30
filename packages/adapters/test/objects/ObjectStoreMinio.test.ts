import { ObjectStoreMinio } from "@kite/adapters/objects/minio/ObjectStoreMinio"
import { objectStoreSuite } from "@kite/testkit/objects/ObjectStoreSuite"
import { startS3rver } from "@kite/testkit/objects/StartS3rver"
import { Effect, Layer } from "effect"

// 4 MB fit in one part, and s3rver supports only one; `npm run test:s3` runs the suite with many.
objectStoreSuite("MinIO client on s3rver", Layer.unwrap(Effect.map(startS3rver, ObjectStoreMinio.layer)), {
  largeBytes: 4_000_000,
  endsAtFirstByte: false
})
