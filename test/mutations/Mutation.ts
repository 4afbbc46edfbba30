/** Small changes of one source file, each of which a test should notice. */
export interface Mutated {
  readonly file: string
  /** The test files that should notice. Only these run. */
  readonly tests: ReadonlyArray<string>
  /** What the change breaks, the text that occurs exactly once in the file, and what replaces it. */
  readonly changes: ReadonlyArray<readonly [name: string, search: string, replacement: string]>
  /** Names of changes that no test can notice, with the reason. They are not run. */
  readonly explained?: Readonly<Record<string, string>>
}

export interface Mutation {
  readonly name: string
  readonly file: string
  readonly tests: ReadonlyArray<string>
  readonly search: string
  readonly replacement: string
  readonly explanation: string | undefined
}

export const mutationsOf = (areas: ReadonlyArray<Mutated>): ReadonlyArray<Mutation> =>
  areas.flatMap(({ file, tests, changes, explained }) =>
    changes.map(([name, search, replacement]) => ({
      name,
      file,
      tests,
      search,
      replacement,
      explanation: explained?.[name]
    }))
  )

/** The source with the change; undefined where the text does not occur exactly once, so that the change is no longer that. */
export const mutate = (source: string, { search, replacement }: Pick<Mutation, "search" | "replacement">) => {
  const [before, after, more] = source.split(search)
  return before === undefined || after === undefined || more !== undefined || search === replacement
    ? undefined
    : before + replacement + after
}

export interface Result {
  readonly mutation: Mutation
  /** The first test that failed; undefined if the change survived. */
  readonly killedBy: string | undefined
}

/** The least share of killed mutations. */
export const goal = 0.95

export const scoreOf = (results: ReadonlyArray<Result>) =>
  results.length === 0 ? 0 : results.filter(({ killedBy }) => killedBy !== undefined).length / results.length
