import { Effect } from "effect"
import PostalMime from "postal-mime"

/** A mail as a person sees it. */
export interface Letter {
  readonly to: ReadonlyArray<string>
  readonly subject: string
  readonly text: string
}

/** Parses a mail in its wire format (RFC 5322). */
export const parse = (raw: Uint8Array) => Effect.promise(() => PostalMime.parse(raw))

/** Parses what a person sees of a mail. `to` contains the recipients of all headers. */
export const readLetter = (raw: Uint8Array): Effect.Effect<Letter> =>
  Effect.map(parse(raw), ({ to = [], cc = [], bcc = [], subject = "", text = "" }) => ({
    to: [...to, ...cc, ...bcc].map(({ address = "" }) => address),
    subject,
    text
  }))
