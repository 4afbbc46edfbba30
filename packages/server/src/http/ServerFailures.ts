import { ObjectNotFound, ObjectStoreError } from "@kite/adapters/objects/ObjectStore"
import { DatabaseUnavailable } from "@kite/adapters/postgres/Rows"
import { ServerFailures } from "@kite/domain/Api"
import { Unavailable } from "@kite/domain/Problem"
import { Cause, Effect, Layer, Result } from "effect"
import { HashingUnavailable } from "../auth/passwords/PasswordHasher.ts"
import { RevocationsUnavailable } from "../auth/tokens/RevokedSessions.ts"

/** Defects after which the same request may succeed later, and what the log says of them. */
const temporary = [
  [DatabaseUnavailable, "The database did not respond"],
  [ObjectStoreError, "The object store failed"],
  [ObjectNotFound, "A document's content is missing from the object store"],
  [HashingUnavailable, "Too many passwords wait to be hashed"],
  [RevocationsUnavailable, "Revoked sessions are unknown"]
] as const

const messageOf = (defect: unknown) => temporary.find(([type]) => defect instanceof type)?.[1]

const findTemporary = <E>(cause: Cause.Cause<E>) => {
  const found = cause.reasons.find((reason) => Cause.isDieReason(reason) && messageOf(reason.defect) !== undefined)
  return found === undefined ? Result.fail(cause) : Result.succeed(found as Cause.Die)
}

/** The only place that turns failures of what kite depends on into 503. All other defects become 500 (Problems.ts). */
export const layer = Layer.succeed(ServerFailures, (httpEffect) =>
  Effect.catchCauseFilter(httpEffect, findTemporary, ({ defect }) =>
    Effect.andThen(Effect.logError(messageOf(defect), defect), Effect.fail(new Unavailable({})))
  )
)
