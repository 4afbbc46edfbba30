import { monitorEventLoopDelay } from "node:perf_hooks"
import { Effect, Layer, Metric, Schedule } from "effect"

const period = "15 seconds"

const delay = (statistic: string) =>
  Metric.gauge("kite_event_loop_delay_seconds", {
    description: "How late timers fired in the last 15 s, because other work blocked the event loop",
    attributes: { statistic }
  })
const p99 = delay("p99")
const max = delay("max")

/** Samples the event loop's delay over the last 15 s into gauges. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const histogram = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const monitor = monitorEventLoopDelay({ resolution: 20 })
        monitor.enable()
        return monitor
      }),
      (monitor) => Effect.sync(() => monitor.disable())
    )
    yield* Effect.suspend(() => {
      const seconds = { p99: histogram.percentile(99) / 1e9, max: histogram.max / 1e9 }
      histogram.reset()
      return Effect.andThen(Metric.update(p99, seconds.p99), Metric.update(max, seconds.max))
    }).pipe(Effect.schedule(Schedule.spaced(period)), Effect.forkScoped)
  })
)
