import { readFileSync } from "node:fs"
import { Effect, Schema } from "effect"

/** A `NAME_FILE` cannot be read, or `NAME` and `NAME_FILE` are both set. */
export class EnvironmentError extends Schema.TaggedError<EnvironmentError>()("EnvironmentError", {
  message: Schema.String
}) {}

/** Names this close to a known one are taken for slips of the pen. */
const slip = 1

/** Insertions, deletions and replacements between two names, counted up to `slip` + 1 (Levenshtein). */
const distance = (left: string, right: string): number => {
  if (Math.abs(left.length - right.length) > slip) return slip + 1
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [index, letter] of Array.from(left).entries()) {
    const next = [index + 1]
    for (const [column, other] of Array.from(right).entries()) {
      const [up = 0, diagonal = 0, before = 0] = [row[column + 1], row[column], next[column]]
      next.push(Math.min(up + 1, before + 1, diagonal + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

const withoutFile = (name: string) => (name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : name)

/** Set variables that kite does not know but that are one slip away from one it does. */
export const nearMisses = (set: ReadonlyArray<string>, known: ReadonlyArray<string>) =>
  set.flatMap((name) => {
    if (known.includes(name) || known.includes(withoutFile(name))) return []
    const meant = known.find((other) => distance(withoutFile(name), other) <= slip)
    return meant === undefined ? [] : [{ name, meant }]
  })

/** The known variables that are set, `NAME_FILE` read (one trailing line end dropped), empty ones left out. */
export const readEnvironment = Effect.fnUntraced(function* (
  environment: Readonly<Record<string, string | undefined>>,
  known: ReadonlyArray<string>
) {
  for (const { name, meant } of nearMisses(Object.keys(environment), known)) {
    yield* Effect.logWarning(`${name} is no setting of kite; is ${meant} meant?`)
  }
  const values: Record<string, string> = {}
  for (const name of known) {
    const [value, file] = [environment[name] ?? "", environment[`${name}_FILE`] ?? ""]
    if (value !== "" && file !== "") {
      return yield* new EnvironmentError({ message: `${name} and ${name}_FILE are both set; keep one` })
    }
    if (value !== "") values[name] = value
    if (file !== "") {
      values[name] = yield* Effect.try({
        try: () => readFileSync(file, "utf8").replace(/\r?\n$/, ""),
        catch: () => new EnvironmentError({ message: `${name}_FILE: the file cannot be read` })
      })
    }
  }
  return values
})
