import { createHash, timingSafeEqual } from "node:crypto"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { Settings } from "@kite/adapters/settings/Settings"
import {
  type DuplicateDocument,
  type IdempotencyKeyInUse,
  IdempotencyKeyReused,
  InsufficientStorage,
  type InvalidUpload,
  type QuotaExceeded,
  type TooManyTransfers,
  type UnsupportedFile,
  type UploadTooLarge
} from "@kite/domain/documents/DocumentErrors"
import type { IdempotencyKey } from "@kite/domain/documents/IdempotencyKey"
import type { OnDuplicate } from "@kite/domain/documents/Upload"
import { ByteCount } from "@kite/domain/users/Quota"
import type { UserId } from "@kite/domain/users/User"
import { EmailNotProven } from "@kite/domain/users/UserErrors"
import { ByteSize, Context, Effect, Layer, Stream } from "effect"
import { HttpIncomingMessage, type Multipart } from "effect/http"
import { AuditLog } from "../audit/AuditLog.ts"
import { DocumentRepository } from "./DocumentRepository.ts"
import { IdempotencyKeys, type KeptResponse } from "./IdempotencyKeys.ts"
import { QuotaReservations } from "./QuotaReservations.ts"
import { Transfers } from "./Transfers.ts"
import { type Destination, receiveUpload, rejectSize, type StoredFile } from "./Upload.ts"
import { makeUploadRecord } from "./UploadRecord.ts"

/** Room in an upload's body for the parts' headers and the `filename`. */
const multipartOverhead = 64 * 1024

type Parts = Stream.Stream<Multipart.Part, Multipart.MultipartError>

export interface UploadRequest {
  readonly parts: Parts
  /** The length of the whole body, where the client told it; else 0. */
  readonly bodyBytes: number
  readonly onDuplicate: OnDuplicate
  readonly key: IdempotencyKey | undefined
}

/**
 * What must be the same for a key to stand for the same upload: what is stored, and not how it is sent. Clients choose another
 * multipart boundary each time, so no hash of the whole body repeats.
 */
const fingerprintOf = ({ sha256, filename }: StoredFile, onDuplicate: OnDuplicate) =>
  createHash("sha256")
    .update(JSON.stringify([sha256, filename, onDuplicate]))
    .digest()

/** Takes the bytes of a repetition, which are only hashed. */
const nowhere: Destination = {
  put: (_key, content) => Effect.as(Stream.runDrain(content), 0),
  remove: () => Effect.void
}

/** Stores what clients upload. */
export class Uploads extends Context.Service<
  Uploads,
  {
    /** Status and body of the response: of a new document (201), or of one that was there before (200). */
    readonly upload: (
      owner: UserId,
      request: UploadRequest
    ) => Effect.Effect<
      KeptResponse,
      | InvalidUpload
      | DuplicateDocument
      | IdempotencyKeyInUse
      | IdempotencyKeyReused
      | QuotaExceeded
      | UploadTooLarge
      | UnsupportedFile
      | EmailNotProven
      | TooManyTransfers
      | InsufficientStorage
    >
  }
>()("@kite/server/documents/Uploads") {
  static readonly layerNoDeps = Layer.effect(
    Uploads,
    Effect.gen(function* () {
      const store = yield* ObjectStore
      const repository = yield* DocumentRepository
      const reservations = yield* QuotaReservations
      const transfers = yield* Transfers
      const keys = yield* IdempotencyKeys
      const record = yield* makeUploadRecord
      const { MAX_UPLOAD_BYTES: maxUploadBytes, EMAIL_PROOF } = yield* Settings
      const maxBodySize = ByteSize.bytes(maxUploadBytes + multipartOverhead)
      const anySize = { usedBytes: ByteCount.make(0), limitBytes: ByteCount.make(maxUploadBytes) }

      /** Reads a repetition to its end, to see whether it is one. It is charged nothing, so its quota does not matter. */
      const repeat = Effect.fnUntraced(function* (
        parts: Parts,
        onDuplicate: OnDuplicate,
        { fingerprint, kept }: { readonly fingerprint: Uint8Array; readonly kept: KeptResponse }
      ) {
        const reservation = { id: "", hold: () => Effect.succeed(true) }
        const file = yield* receiveUpload(
          nowhere,
          parts,
          { quota: anySize, maxUploadBytes, reservation },
          Effect.succeed
        )
        if (!timingSafeEqual(fingerprintOf(file, onDuplicate), fingerprint)) return yield* new IdempotencyKeyReused({})
        return kept
      })

      return Uploads.of({
        upload: Effect.fn("Uploads.upload")(
          function* (owner, { parts, bodyBytes, onDuplicate, key }) {
            yield* transfers.upload(owner)
            const { quota, emailProven } = yield* repository.uploader(owner)
            if (EMAIL_PROOF === "on" && !emailProven) return yield* new EmailNotProven({})
            const bounded = Stream.provideService(parts, HttpIncomingMessage.MaxBodySize, maxBodySize)
            const begun = key === undefined ? undefined : yield* keys.begin(owner, key)
            if (begun?._tag === "Kept") return yield* repeat(bounded, onDuplicate, begun)
            const hopeless = rejectSize({ quota, maxUploadBytes }, Math.max(0, bodyBytes - multipartOverhead))
            if (hopeless !== undefined) return yield* hopeless
            const expectedBytes = bodyBytes > 0 ? Math.min(bodyBytes, maxUploadBytes) : maxUploadBytes
            const reservation = yield* reservations.open(owner, expectedBytes)
            return yield* receiveUpload(store, bounded, { quota, maxUploadBytes, reservation }, (file) =>
              record(owner, file, {
                reservationId: reservation.id,
                onDuplicate,
                keep: (kept) => begun?.claim.keep(fingerprintOf(file, onDuplicate), kept) ?? Effect.void
              })
            )
          },
          Effect.scoped,
          Effect.catchTags({
            Existing: ({ kept }) => Effect.succeed(kept),
            ObjectStoreError: Effect.die,
            ObjectStoreFull: (error) =>
              Effect.andThen(
                Effect.logError("The object store is full", error),
                Effect.fail(new InsufficientStorage({}))
              )
          })
        )
      })
    })
  )

  static readonly layer = Uploads.layerNoDeps.pipe(
    Layer.provide([
      DocumentRepository.layer,
      QuotaReservations.layer,
      Transfers.layer,
      IdempotencyKeys.layer,
      AuditLog.layer
    ])
  )
}
