/** Text that Postgres accepts: no U+0000, and U+FFFD for half a surrogate pair. */
export const cleanText = (text: string) => text.replaceAll("\u0000", "").toWellFormed()
