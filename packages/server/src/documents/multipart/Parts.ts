import { InvalidUpload } from "@kite/domain/documents/DocumentErrors"
import { Array as Arr, Cause, Effect, Pull, Stream } from "effect"
import type { HttpServerError, HttpServerRequest } from "effect/http"
import { boundaryOf, type MultipartEvent, MultipartParser } from "./MultipartParser.ts"
import { textOf } from "./PartFilename.ts"

/** A value of the form, read whole. */
export interface Field {
  readonly _tag: "Field"
  readonly key: string
  readonly value: string
}

/** A file of the form. Its content must be read before the next part; what is left unread is dropped. */
export interface File {
  readonly _tag: "File"
  readonly key: string
  readonly name: string | undefined
  readonly content: Stream.Stream<Uint8Array, InvalidUpload>
}

export type Part = Field | File

const maxParts = 4
const maxFieldBytes = 8 * 1024

const malformed = () => new InvalidUpload({ detail: "The multipart body is cut off or malformed" })
const tooMuch = () => new InvalidUpload({ detail: "Too many or too large parts" })

const unreadable = ({ reason }: HttpServerError.HttpServerError) =>
  reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge" ? tooMuch() : malformed()

/**
 * The parts of a `multipart/form-data` body, as they come. A part named `file` is a file, also without a filename (RFC 7578
 * section 4.2), and so is one with a filename, or whose type is application/octet-stream.
 */
export const partsOf = (request: HttpServerRequest.HttpServerRequest): Stream.Stream<Part, InvalidUpload> => {
  const boundary = boundaryOf(request.headers["content-type"] ?? "")
  if (boundary === undefined) return Stream.fail(malformed())
  return Stream.unwrap(
    Effect.map(Stream.toPull(Stream.mapError(request.stream, unreadable)), (pull) =>
      Stream.fromPull(Effect.succeed(pullParts(pull, new MultipartParser(boundary))))
    )
  )
}

type ChunkPull = Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, InvalidUpload>

const pullParts = (
  pull: ChunkPull,
  parser: MultipartParser
): Pull.Pull<Arr.NonEmptyReadonlyArray<Part>, InvalidUpload> => {
  let events: Array<MultipartEvent> = []
  let parts = 0

  /** Reads more of the body; fails where it ends too early. */
  const pump = pull.pipe(
    Effect.flatMap((chunks) =>
      Effect.suspend(() => {
        for (const chunk of chunks) {
          const more = parser.push(chunk)
          if (more === undefined) return Effect.fail(malformed())
          events.push(...more)
        }
        return Effect.void
      })
    ),
    Pull.catchDone(
      (): Effect.Effect<never, InvalidUpload | Cause.Done> =>
        parser.isComplete ? Cause.done() : Effect.fail(malformed())
    )
  )

  const next: Pull.Pull<MultipartEvent, InvalidUpload> = Effect.suspend(() => {
    const event = events.shift()
    return event === undefined ? Effect.andThen(pump, next) : Effect.succeed(event)
  })

  const pullContent: Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, InvalidUpload> = Effect.flatMap(next, (event) => {
    if (event._tag === "Bytes") return Effect.succeed([event.bytes])
    // Later reads of the same content find its end again.
    events = [{ _tag: "End" }, ...events]
    return Cause.done()
  })

  const readField = Effect.fnUntraced(function* (key: string) {
    const chunks: Array<Uint8Array> = []
    let size = 0
    for (let event = yield* next; event._tag === "Bytes"; event = yield* next) {
      size += event.bytes.length
      if (size > maxFieldBytes) return yield* tooMuch()
      chunks.push(event.bytes)
    }
    return { _tag: "Field", key, value: textOf(Buffer.concat(chunks)) } satisfies Field
  })

  return Effect.gen(function* () {
    let event = yield* next
    while (event._tag !== "Begin") event = yield* next
    const { name: key, filename, isBinary } = event.headers
    if (++parts > maxParts) return yield* tooMuch()
    if (key !== "file" && filename === undefined && !isBinary) return Arr.of<Part>(yield* readField(key))
    return Arr.of<Part>({ _tag: "File", key, name: filename, content: Stream.fromPull(Effect.succeed(pullContent)) })
  })
}
