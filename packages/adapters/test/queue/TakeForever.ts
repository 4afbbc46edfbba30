import { NodeRuntime } from "@effect/platform-node"
import * as Database from "@kite/adapters/postgres/Database"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Effect, Layer, Redacted } from "effect"

const [, , url = ""] = process.argv

/** A worker that takes one job, reports it and never finishes it. */
ExtractionQueue.use((queue) =>
  queue.take(() =>
    Effect.andThen(
      Effect.sync(() => console.log("begun")),
      Effect.never
    )
  )
).pipe(
  Effect.provide(
    ExtractionQueue.layerWith({ leaseTime: "1 second", pollInterval: "50 millis" }).pipe(
      Layer.provide(Database.layerUrl(Redacted.make(url)))
    )
  ),
  NodeRuntime.runMain
)
