import type { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { DocumentTerms } from "@kite/domain/search/DocumentTerms"
import { Effect, Queue, Schema, Stream } from "effect"
import { ChildConfig, ChildReply, defectExitCode, ExtractionRequest, type PageReply } from "../ChildProtocol.ts"
import { readDocument } from "./DocumentReader.ts"
import { Ocr } from "./Ocr.ts"

const config = Schema.decodeSync(ChildConfig)(process.argv[2] ?? "")
const encodeReply = Schema.encodeSync(ChildReply)

const send = (reply: ChildReply) => Effect.sync(() => process.send?.(encodeReply(reply)))

/** Sends the document's pages, and after the last the terms of all of them, for the search index. */
const sendPages = <R>(pages: Stream.Stream<PageReply, ExtractionFailure, R>) =>
  Effect.gen(function* () {
    const terms = new DocumentTerms()
    yield* Stream.runForEach(pages, (reply) => {
      // A page that could not be read is an empty one.
      terms.add(reply._tag === "PageRead" ? reply.page.text : "")
      return send(reply)
    })
    for (const row of terms.rows()) yield* send({ _tag: "Indexed", row, isComplete: terms.isComplete })
  })

const serve = Effect.fnUntraced(function* (message: unknown) {
  const request = yield* Schema.decodeUnknownEffect(ExtractionRequest)(message)
  yield* send({ _tag: "Accepted" })
  yield* sendPages(readDocument(request, config.limits)).pipe(
    Effect.andThen(send({ _tag: "Finished" })),
    Effect.catch(({ code, message }) => send({ _tag: "Failed", code, message }))
  )
})

const program = Effect.gen(function* () {
  const requests = yield* Queue.bounded<unknown>(1)
  process.on("message", (message) => Queue.offerUnsafe(requests, message))
  yield* send({ _tag: "Ready" })
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
