import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import { unzipSync } from "fflate"
import mammoth from "mammoth"
import type { PageReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import { cleanText } from "./CleanText.ts"

const maxEntries = 10_000

const corrupt = () => new ExtractionFailure({ code: "corrupt", message: "The file is not a readable Word document." })

/** Entries and unpacked bytes as the archive's directory declares them; nothing is unpacked. */
const measure = (archive: Uint8Array) => {
  const size = { entries: 0, bytes: 0 }
  unzipSync(archive, {
    filter: (entry) => {
      size.entries += 1
      size.bytes += entry.originalSize
      return false
    }
  })
  return size
}

/**
 * The document's text as one page: DOCX has no pages before it is laid out. A directory that understates its sizes gets
 * past the check here and ends at the memory limit of the child.
 */
export const readDocx = (archive: Uint8Array, limits: Limits): Stream.Stream<PageReply, ExtractionFailure> =>
  Effect.gen(function* () {
    const { entries, bytes } = yield* Effect.try({ try: () => measure(archive), catch: corrupt })
    if (entries > maxEntries || bytes > limits.maxUnpackedBytes) {
      return yield* new ExtractionFailure({
        code: "too-large",
        message: "The document unpacks to more than is allowed."
      })
    }
    const { value } = yield* Effect.tryPromise({
      try: () =>
        mammoth.extractRawText({ buffer: Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength) }),
      catch: corrupt
    })
    return { _tag: "PageRead", page: { number: 1, text: cleanText(value).trim(), source: "text" } } as const
  }).pipe(Stream.fromEffect)
