import { readFileSync } from "node:fs"
import { Effect, Schema } from "effect"

/** A `NAME_FILE` cannot be read, or both `NAME` and `NAME_FILE` are set. */
export class EnvironmentError extends Schema.TaggedError<EnvironmentError>()("EnvironmentError", {
  message: Schema.String
}) {}

/** One letter added, missing or wrong, or two neighbours swapped. */
const isTypo = (name: string, meant: string): boolean => {
  const shorter = Math.min(name.length, meant.length)
  let start = 0
  while (start < shorter && name[start] === meant[start]) start++
  let end = 0
  while (end < shorter - start && name.at(-1 - end) === meant.at(-1 - end)) end++
  const [wrong, right] = [name.slice(start, name.length - end), meant.slice(start, meant.length - end)]
  const swapped = wrong.length === 2 && right.length === 2 && wrong[0] === right[1] && wrong[1] === right[0]
  return swapped || (wrong.length <= 1 && right.length <= 1)
}

/** Variables that are set and unknown but likely typos of a known one. */
export const likelyTypos = (set: ReadonlyArray<string>, known: ReadonlyArray<string>) => {
  const names = known.flatMap((name) => [name, `${name}_FILE`])
  return set.flatMap((name) => {
    const meant = names.includes(name) ? undefined : names.find((other) => isTypo(name, other))
    return meant === undefined ? [] : [{ name, meant }]
  })
}

/** The known variables that are set; `NAME_FILE` is read, without one trailing line end. Empty ones are left out. */
export const readEnvironment = Effect.fnUntraced(function* (
  environment: Readonly<Record<string, string | undefined>>,
  known: ReadonlyArray<string>
) {
  for (const { name, meant } of likelyTypos(Object.keys(environment), known)) {
    yield* Effect.logWarning(`Unknown setting ${name}. Did you mean ${meant}?`)
  }
  const values: Record<string, string> = {}
  for (const name of known) {
    const [value, file] = [environment[name] ?? "", environment[`${name}_FILE`] ?? ""]
    if (value !== "" && file !== "") {
      return yield* new EnvironmentError({ message: `${name} and ${name}_FILE are both set; remove one` })
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
