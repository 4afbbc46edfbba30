import { Schema, SchemaTransformation } from "effect"

const maxCharacters = 255

/**
 * A document's name as it is stored and sent back: the last path segment, NFC, control and bidirectional-override
 * characters removed, at most 255 characters cut before the extension. It never names a path; the bytes live under a UUID.
 */
export const sanitizeFilename = (name: string): string => {
  const segment = name.split(/[/\\]/).at(-1) ?? ""
  const clean = segment
    .toWellFormed()
    .replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, "")
    .normalize("NFC")
    .trim()
  const cut = shorten(clean)
  return cut === "" || cut === "." || cut === ".." ? "document" : cut
}

const shorten = (name: string) => {
  const characters = Array.from(name)
  if (characters.length <= maxCharacters) return name
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? ""
  return (
    characters
      .slice(0, maxCharacters - extension.length)
      .join("")
      .trimEnd() + extension
  )
}

/** A name given by the client; anything but an empty one is taken, sanitized. */
export const Filename = Schema.String.check(Schema.isBetweenLength(1, 4096)).pipe(
  Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: sanitizeFilename, encode: (name) => name }))
)
