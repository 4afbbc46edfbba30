/**
 * What pdf.js leaves out of a page it tells in warnings alone. They are gathered here, for one page at a time, instead of being
 * written to a standard error that is read when the child dies.
 */
let gathered: Array<string> = []
const maxWarnings = 1000

console.warn = (message: unknown) => {
  if (gathered.length < maxWarnings) gathered.push(String(message))
}

/** The warnings since the last call. */
export const takeWarnings = (): ReadonlyArray<string> => {
  const taken = gathered
  gathered = []
  return taken
}
