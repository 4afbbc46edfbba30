import { ObjectStoreMinio } from "@kite/adapters/objects/ObjectStoreMinio"
import { Effect, Layer } from "effect"
import { objectStoreSuite } from "./ObjectStoreSuite.ts"
import { startS3rver } from "./StartS3rver.ts"

// 4 MB fit in one part, which is all that s3rver takes; `npm run test:s3` runs the suite with many.
objectStoreSuite("MinIO client on s3rver", Layer.unwrap(Effect.map(startS3rver, ObjectStoreMinio.layer)), {
  largeBytes: 4_000_000,
  endsAtFirstByte: false
})
