import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { type Progress, Reprocessing } from "@kite/server/documents/Reprocessing"
import { Clock, Console, Effect, Layer } from "effect"
import { Command, Flag } from "effect/cli"
import * as Embedded from "../Embedded.ts"
import * as Infrastructure from "../Infrastructure.ts"
import { InputError } from "../PasswordInput.ts"

const all = Flag.Boolean("all").pipe(
  Flag.withDescription("Every document that an earlier version of kite has read"),
  Flag.withDefault(false)
)

const reprocessing = Reprocessing.layer.pipe(
  Layer.provide(ExtractionQueue.layer),
  Layer.provide(Infrastructure.layerDatabase),
  Layer.provide(Embedded.layerShared)
)

/** Milliseconds between two lines of progress. */
const reportInterval = 10_000

const sentence = ({ done, total, failed }: Progress) =>
  `Read ${done} of ${Math.max(done, total)} documents again; ${failed} of them failed`

/** Prints the progress, but not more often than anybody wants to read it. */
const reporter = () => {
  let reportedAt = 0
  return (progress: Progress) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now - reportedAt < reportInterval) return Effect.void
      reportedAt = now
      return Console.log(sentence(progress))
    })
}

const reprocess = Command.make(
  "reprocess",
  { all },
  Effect.fn(function* ({ all }) {
    if (!all) return yield* new InputError({ message: "say which documents: --all" })
    const progress = yield* Reprocessing.use((service) => service.all(reporter())).pipe(
      Effect.catchTag(
        "NoWorker",
        () =>
          new InputError({
            message:
              "no worker takes a document. Start kite or a worker and run this again: it goes on where it stopped"
          })
      ),
      Effect.provide(reprocessing)
    )
    yield* Console.log(`${sentence(progress)}. None is left`)
  })
).pipe(
  Command.withDescription(
    "Extract the text of existing documents again, one at a time while nothing else waits. kite must be running"
  )
)

export const documents = Command.make("documents").pipe(
  Command.withDescription("The documents of all accounts"),
  Command.withSubcommands([reprocess])
)
