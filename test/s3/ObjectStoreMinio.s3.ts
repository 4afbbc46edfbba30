import { ObjectStoreMinio } from "@kite/adapters/objects/ObjectStoreMinio"
import { Redacted } from "effect"
import { inject } from "vitest"
import { objectStoreSuite } from "../../packages/adapters/test/objects/ObjectStoreSuite.ts"

objectStoreSuite("MinIO client on a real S3 server", ObjectStoreMinio.layer(Redacted.make(inject("objectStoreUrl"))), {
  largeBytes: 12_000_000,
  endsAtFirstByte: true
})
