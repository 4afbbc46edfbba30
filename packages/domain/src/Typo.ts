/** One letter added, missing or wrong, or two neighbours swapped. */
export const isTypo = (name: string, meant: string): boolean => {
  const shorter = Math.min(name.length, meant.length)
  let start = 0
  while (start < shorter && name[start] === meant[start]) start++
  let end = 0
  while (end < shorter - start && name.at(-1 - end) === meant.at(-1 - end)) end++
  const [wrong, right] = [name.slice(start, name.length - end), meant.slice(start, meant.length - end)]
  const swapped = wrong.length === 2 && right.length === 2 && wrong[0] === right[1] && wrong[1] === right[0]
  return swapped || (wrong.length <= 1 && right.length <= 1)
}

/** `limit_bytes`, `LimitBytes` and `limitBytes` are one word. */
const fold = (name: string) => name.replace(/[_-]/g, "").toLowerCase()

/** The known name that an unknown one most likely stands for. One letter stands for no other letter. */
export const likelyMeant = (name: string, known: ReadonlyArray<string>): string | undefined =>
  known.find((other) => name.length + other.length > 2 && isTypo(fold(name), fold(other)))
