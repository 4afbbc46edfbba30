import type { DocumentId } from "@kite/domain/documents/Document"
import { preferredWait } from "@kite/domain/documents/Wait"
import type { UserId } from "@kite/domain/users/User"
import { Duration, Effect } from "effect"
import { setHeader } from "../http/ResponseHeaders.ts"
import { Documents } from "./Documents.ts"
import { DocumentWaits } from "./DocumentWaits.ts"

/**
 * Gets a document, after the wait in seconds that the query or the header `Prefer` asks for; the query counts first. A wait that is only
 * preferred is ignored where too many wait already (RFC 7240 section 2).
 */
export const makeGetWhenFinished = Effect.map(Effect.all([Documents, DocumentWaits]), ([documents, waits]) => {
  // The shutdown waits for every connection that was open when it began, also for one that is only kept alive.
  const closeIfStopping = Effect.flatMap(waits.isStopping, (isStopping) =>
    isStopping ? setHeader("connection", "close") : Effect.void
  )
  return Effect.fnUntraced(function* (
    owner: UserId,
    id: DocumentId,
    wait: number | undefined,
    prefer: string | undefined
  ) {
    const get = documents.get(owner, id)
    const wanted = (seconds: number) =>
      Effect.ensuring(waits.untilFinished(owner, id, Duration.seconds(seconds), get), closeIfStopping)
    if (wait !== undefined) return yield* wanted(wait)
    const preferred = preferredWait(prefer)
    if (preferred === undefined) return yield* get
    return yield* Effect.tap(wanted(preferred), setHeader("preference-applied", `wait=${preferred}`)).pipe(
      Effect.catchTag("TooManyWaits", () => get)
    )
  })
})
