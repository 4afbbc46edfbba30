import { readFileSync } from "node:fs"
import { isTypo } from "@kite/domain/Typo"
import { Effect, Schema } from "effect"

/** A `NAME_FILE` cannot be read, or both `NAME` and `NAME_FILE` are set. */
export class EnvironmentError extends Schema.TaggedError<EnvironmentError>()("EnvironmentError", {
  message: Schema.String
}) {}

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
