import { ByteCount } from "@kite/domain/users/Quota"
import { Array as Arr, Effect, type Option, Schema, SchemaTransformation } from "effect"
import { isSqlError, type SqlError } from "effect/sql/SqlError"

/** A bigint column of bytes: exact as a number up to 2^53 - 1. */
export const ByteCountFromBigInt = Schema.BigInt.pipe(
  Schema.decodeTo(ByteCount, SchemaTransformation.transform({ decode: Number, encode: BigInt }))
)

/** The database refused, was too slow or could not be reached; the same statement may succeed later. Raised as a defect. */
export class DatabaseUnavailable extends Schema.TaggedError<DatabaseUnavailable>()("DatabaseUnavailable", {
  cause: Schema.Defect()
}) {}

type DomainError<E> = Exclude<E, SqlError | Schema.SchemaError>
const isDomainError = <E>(error: E): error is DomainError<E> => !isSqlError(error) && !Schema.isSchemaError(error)

/**
 * The repository's edge: a statement that fails becomes a defect, so that signatures list domain errors alone. Domain errors
 * of a transaction pass. The defect is DatabaseUnavailable where a retry may succeed.
 */
export const orDefect = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, DomainError<E>, R> =>
  Effect.catch(effect, (error) => {
    if (isDomainError(error)) return Effect.fail(error)
    return Effect.die(isSqlError(error) && error.isRetryable ? new DatabaseUnavailable({ cause: error }) : error)
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
