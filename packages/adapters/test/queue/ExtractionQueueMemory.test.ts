import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { TestClock } from "effect/testing"
import { extractionQueueSuite } from "./ExtractionQueueSuite.ts"

extractionQueueSuite("memory", ExtractionQueue.layerMemory, {
  excludeTestServices: false,
  pass: TestClock.adjust("1 hour"),
  age: TestClock.adjust("1 hour")
})
