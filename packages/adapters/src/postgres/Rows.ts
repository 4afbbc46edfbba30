import { Unavailable } from "@kite/domain/Problem"
import { ByteCount } from "@kite/domain/users/Quota"
import { Array as Arr, Effect, type Option, Schema, SchemaTransformation } from "effect"
import { isSqlError, type SqlError } from "effect/sql/SqlError"

/** A bigint column of bytes: exact as a number up to 2^53 - 1. */
export const ByteCountFromBigInt = Schema.BigInt.pipe(
  Schema.decodeTo(ByteCount, SchemaTransformation.transform({ decode: Number, encode: BigInt }))
)

type DomainError<E> = Exclude<E, SqlError | Schema.SchemaError>
const isDomainError = <E>(error: E): error is DomainError<E> => !isSqlError(error) && !Schema.isSchemaError(error)

/**
 * The edge of a repository: a failed statement becomes a defect, so that signatures list domain errors only, which pass.
 * If the database did not reply in time, the defect is Unavailable, a 503 in the API; everything else is a 500.
 */
export const orDefect = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, DomainError<E>, R> =>
  Effect.catch(effect, (error) => {
    if (isDomainError(error)) return Effect.fail(error)
    return isSqlError(error) && error.isRetryable
      ? Effect.andThen(Effect.logError("The database did not reply", error), Effect.die(new Unavailable({})))
      : Effect.die(error)
  })

/** Decodes every row of a statement. */
export const decodeRows = <S extends Schema.Constraint>(row: S) => {
  const decode = Schema.decodeUnknownEffect(Schema.Array(row))
  return <R>(
    statement: Effect.Effect<ReadonlyArray<unknown>, SqlError, R>
  ): Effect.Effect<ReadonlyArray<S["Type"]>, never, R | S["DecodingServices"]> =>
    orDefect(Effect.flatMap(statement, decode))
}

/** Decodes the first row of a statement, if there is one. */
export const decodeRow = <S extends Schema.Constraint>(row: S) => {
  const decode = decodeRows(row)
  return <R>(
    statement: Effect.Effect<ReadonlyArray<unknown>, SqlError, R>
  ): Effect.Effect<Option.Option<S["Type"]>, never, R | S["DecodingServices"]> =>
    Effect.map(decode(statement), Arr.head)
}
