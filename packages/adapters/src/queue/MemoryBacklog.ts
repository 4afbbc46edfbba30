import { jobId } from "@kite/domain/documents/ExtractionJob"
import { Cause, Clock, Effect, Exit } from "effect"
import type { ExtractionQueue } from "./ExtractionQueue.ts"

type Queue = ExtractionQueue["Service"]

/** Follows the jobs of a queue that lives in this process: its store does not tell. Forgets no job, so it is for tests. */
export const memoryBacklog = (
  { offer, take }: Pick<Queue, "offer" | "take">,
  maxDeliveries: number,
  maxDepth: number
): Queue => {
  const offeredAt = new Map<string, number>()
  const ended = new Set<string>()
  const isOpen = (id: string) => offeredAt.has(id) && !ended.has(id)

  const isLast = (exit: Exit.Exit<unknown, unknown>, delivery: number) =>
    Exit.isSuccess(exit) || (!Cause.hasInterruptsOnly(exit.cause) && delivery >= maxDeliveries)

  return {
    offer: Effect.fnUntraced(function* (job) {
      const now = yield* Clock.currentTimeMillis
      if (!offeredAt.has(jobId(job))) offeredAt.set(jobId(job), now)
      yield* offer(job)
    }),
    take: (handler) =>
      take((job, delivery) =>
        Effect.onExit(handler(job, delivery), (exit) =>
          Effect.sync(() => {
            if (isLast(exit, delivery)) ended.add(jobId(job))
          })
        )
      ),
    pending: (jobs) => Effect.sync(() => jobs.filter((job) => isOpen(jobId(job)))),
    depth: Effect.map(Clock.currentTimeMillis, (now) => {
      const open = Array.from(offeredAt).filter(([id]) => isOpen(id))
      return { jobs: Math.min(open.length, maxDepth), oldestSeconds: (now - (open[0]?.[1] ?? now)) / 1_000 }
    }),
    check: Effect.void
  }
}
