import { ByteSize, Effect, Option, Schema, SchemaGetter, SchemaIssue } from "effect"

const unitMillis = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const parse = <A>(expected: string, read: (text: string) => A | undefined) =>
  SchemaGetter.transformEffect<A, string>((text) => {
    const value = read(text)
    return value === undefined
      ? Effect.fail(new SchemaIssue.InvalidValue({ message: `must be ${expected}` }))
      : Effect.succeed(value)
  })

const readDuration = (text: string) => {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text)
  return match ? Number(match[1]) * unitMillis[match[2] as keyof typeof unitMillis] : undefined
}

const readBytes = (text: string) => {
  const size = /^\d{1,15}$/.test(text)
    ? Number(text)
    : Option.getOrUndefined(Option.map(ByteSize.fromString(text), Number))
  return size !== undefined && Number.isSafeInteger(size) ? size : undefined
}

const readWhole = (minimum: number, maximum: number) => (text: string) => {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined
  return value !== undefined && value >= minimum && value <= maximum ? value : undefined
}

const fromText = <A>(to: Schema.Codec<A, A>, expected: string, read: (text: string) => A | undefined) =>
  Schema.String.pipe(
    Schema.decodeTo(to, { decode: parse(expected, read), encode: SchemaGetter.transform((value: A) => String(value)) })
  )

/** Milliseconds, written as `500ms`, `30s`, `15m`, `12h` or `30d`. */
export const Millis = fromText(Schema.Number, "a duration such as 500ms, 30s, 15m, 12h or 30d", readDuration)

/** Bytes, written as a whole number or with a unit: `26214400`, `25 MiB`, `100 MB`. */
export const Bytes = fromText(Schema.Number, "a number of bytes such as 26214400 or 25 MiB", readBytes)

/** A whole number from `minimum` to `maximum`, both inclusive. */
export const Whole = (minimum: number, maximum: number) =>
  fromText(Schema.Number, `a whole number from ${minimum} to ${maximum}`, readWhole(minimum, maximum))

/** Comma-separated values without the white space around them; empty values are left out. */
export const List = fromText<ReadonlyArray<string>>(Schema.Array(Schema.String), "a comma-separated list", (text) =>
  text.split(",").flatMap((value) => (value.trim() === "" ? [] : [value.trim()]))
)

/** A port, or `off`. 0 is any free port. */
export const PortOrOff = fromText(
  Schema.Union([Schema.Number, Schema.Literal("off")]),
  "a port from 0 to 65535, or off",
  (text) => (text === "off" ? text : readWhole(0, 65_535)(text))
)
