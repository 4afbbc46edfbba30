import { ObjectKey } from "@kite/domain/documents/Document"
import { DateTime, Duration, Effect, Schema } from "effect"
import type { Bucket } from "./Bucket.ts"

/** No upload takes this long: older ones belong to a process that was killed. */
const abandonedAfter = Duration.days(1)

/** Pages of 1,000 uploads that one run reads. */
const maxPages = 10

const isKey = Schema.is(ObjectKey)

/**
 * Aborts the multipart uploads of kite's keys that are older than a day and returns their number. S3 and Swift would keep and
 * charge them for ever; MinIO lists none without a full key, but removes them itself after a day.
 */
export const abortAbandonedUploads = Effect.fn("AbandonedUploads.abort")(function* (bucket: Bucket) {
  const oldest = DateTime.toEpochMillis(yield* DateTime.now) - Duration.toMillis(abandonedAfter)
  let [aborted, keyMarker, idMarker] = [0, "", ""]
  for (let page = 0; page < maxPages; page++) {
    const found = yield* bucket.repeatable("sweep", (client, name) =>
      // With an empty delimiter Swift returns one empty prefix instead of the uploads; no key has a slash.
      client.listIncompleteUploadsQuery(name, "", keyMarker, idMarker, "/")
    )
    for (const { key, uploadId, initiated } of found.uploads) {
      if (!isKey(key) || initiated.getTime() >= oldest) continue
      yield* bucket.repeatable("sweep", (client, name) => client.abortMultipartUpload(name, key, uploadId))
      aborted += 1
    }
    if (!found.isTruncated) break
    keyMarker = found.nextKeyMarker
    idMarker = found.nextUploadIdMarker
  }
  return aborted
})
