import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"

/** At most `limit` units in any window of `windowMs` milliseconds. */
export const RateLimit = Schema.Struct({
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })),
  windowMs: Schema.Int.check(Schema.isBetween({ minimum: 1_000, maximum: 86_400_000 }))
})
export type RateLimit = typeof RateLimit.Type

const unitMillis = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const
type Unit = keyof typeof unitMillis
const pattern = /^(\d{1,9})\/(\d{1,9})([smhd])$/

const read = (text: string): RateLimit | undefined => {
  const match = pattern.exec(text.trim())
  return match ? { limit: Number(match[1]), windowMs: Number(match[2]) * unitMillis[match[3] as Unit] } : undefined
}

const write = ({ limit, windowMs }: RateLimit): string => {
  const unit = (Object.keys(unitMillis) as Array<Unit>).find((name) => windowMs % unitMillis[name] === 0) ?? "s"
  return `${limit}/${windowMs / unitMillis[unit]}${unit}`
}

/** A rate limit as text, as in settings: `10/1m`, `5/1h`, `100/30s`. At most one million, in at most a day. */
export const RateLimitFromString = Schema.String.pipe(
  Schema.decodeTo(RateLimit, {
    decode: SchemaGetter.transformEffect((text: string) => {
      const rateLimit = read(text)
      return rateLimit === undefined
        ? Effect.fail(new SchemaIssue.InvalidValue({ message: "must be a rate limit such as 10/1m, 100/30s or 5/1h" }))
        : Effect.succeed(rateLimit)
    }),
    encode: SchemaGetter.transform(write)
  })
)
