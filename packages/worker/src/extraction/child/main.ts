import "./Surroundings.ts"
import type { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { DocumentTerms } from "@kite/domain/search/DocumentTerms"
import { Effect, Queue, Schema, Stream } from "effect"
import {
  ChildConfig,
  ChildReply,
  defectExitCode,
  ExtractionRequest,
  Missing,
  type ReadingReply
} from "../ChildProtocol.ts"
import { readDocument } from "./DocumentReader.ts"
import { Ocr } from "./Ocr.ts"
import { PageProgress } from "./PageProgress.ts"
import { receive } from "./StandardInput.ts"

const config = Schema.decodeSync(ChildConfig)(process.argv[2] ?? "")
const missing = Schema.decodeSync(Schema.fromJsonString(Missing))(process.argv[3] ?? "")
const encodeReply = Schema.encodeSync(ChildReply)

const send = (reply: ChildReply) => Effect.sync(() => process.send?.(encodeReply(reply)))

/**
 * Sends the document's pages, and after the last the terms of all of them for the search index. A child that goes on from
 * another one has not seen all pages, so it sends no terms.
 */
const sendPages = <R>(pages: Stream.Stream<ReadingReply, ExtractionFailure, R>, firstPage: number) =>
  Effect.gen(function* () {
    const terms = new DocumentTerms()
    yield* Stream.runForEach(pages, (reply) => {
      if (reply._tag === "PageRead") terms.add(reply.page.text)
      // A page that could not be read is an empty one.
      else if (reply._tag === "PageFailed" || reply._tag === "PageSkipped") terms.add("")
      return send(reply)
    })
    if (firstPage > 1) return
    for (const row of terms.rows()) yield* send({ _tag: "Indexed", row, isComplete: terms.isComplete })
  })

const serve = Effect.fnUntraced(function* (message: unknown) {
  const request = yield* Schema.decodeUnknownEffect(ExtractionRequest)(message)
  const { firstPage } = request
  const bytes = yield* Effect.promise(() => receive(request.size))
  yield* send({ _tag: "Accepted" })
  const begin = (number: number) => send({ _tag: "PageBegun", number })
  yield* sendPages(readDocument(bytes, request, config.limits), firstPage).pipe(
    Effect.andThen(send({ _tag: "Finished" })),
    Effect.catch(({ code, message }) => send({ _tag: "Failed", code, message })),
    Effect.provideService(PageProgress, { firstPage, begin, extend: Effect.void })
  )
})

const program = Effect.gen(function* () {
  const requests = yield* Queue.bounded<unknown>(1)
  process.on("message", (message) => Queue.offerUnsafe(requests, message))
  yield* send({ _tag: "Ready", missing })
  return yield* Queue.take(requests).pipe(Effect.flatMap(serve), Effect.forever)
})

// Nobody is left to read for.
process.on("disconnect", () => process.exit())
// A Ctrl-C reaches the whole process group; the parent decides when its children end.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {})
// pdf.js leaves rejected promises behind when a page fails; the page's own promise tells.
process.on("unhandledRejection", () => {})

Effect.runCallback(program.pipe(Effect.provide(Ocr.layer(config)), Effect.orDie), {
  onExit: (exit) => {
    process.stderr.write(`${exit}`)
    process.exit(defectExitCode)
  }
})
