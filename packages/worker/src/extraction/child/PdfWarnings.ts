/**
 * That pdf.js leaves an image out of a page it tells in warnings alone. They are gathered here, for one page at a time; all
 * others are dropped, as standard error is read when the child dies.
 */
let gathered: Array<string> = []
const maxWarnings = 100

console.warn = (message: unknown) => {
  const warning = String(message)
  if (gathered.length < maxWarnings && /image/i.test(warning)) gathered.push(warning)
}

/** The warnings since the last call. */
export const takeWarnings = (): ReadonlyArray<string> => {
  const taken = gathered
  gathered = []
  return taken
}
