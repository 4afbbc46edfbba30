import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import type { PageReply } from "../ChildProtocol.ts"

const notUtf8 = () => new ExtractionFailure({ code: "corrupt", message: "The text is not valid UTF-8." })

/** UTF-8 as it is, without its byte order mark, as one page. */
export const readPlainText = (bytes: Uint8Array): Stream.Stream<PageReply, ExtractionFailure> =>
  Effect.try({ try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes), catch: notUtf8 }).pipe(
    Effect.map((text): PageReply => ({ _tag: "PageRead", page: { number: 1, text, source: "text" } })),
    Stream.fromEffect
  )
