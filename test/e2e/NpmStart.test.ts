import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { accepts } from "@kite/testkit/processes/Port"
import { descendantsOf, isRunning } from "@kite/testkit/processes/Processes"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"

const root = new URL("../..", import.meta.url)

/** `npm start`, as a process supervisor runs it. */
const npmStart = Effect.fnUntraced(function* (dataDir: string) {
  const { PATH, HOME } = process.env
  const npm = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn("npm", ["start"], {
        cwd: root,
        env: { PATH, HOME, PORT: "0", LOG_FORMAT: "json", DATA_DIR: dataDir },
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const url = yield* Effect.callback<string>((resume) => {
    createInterface({ input: npm.stdout }).on("line", (line) => {
      const ready = /API (http:\/\/[^/]+)\/api/.exec(line)?.[1]
      if (ready !== undefined) resume(Effect.succeed(ready))
    })
  }).pipe(Effect.timeout("60 seconds"))
  return { npm, url }
})

/** Kills processes that the signal did not reach, so that the test leaves none behind. */
const killAtTheEnd = (pids: ReadonlyArray<number>) =>
  Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const pid of pids.filter(isRunning)) process.kill(pid, "SIGKILL")
    })
  )

it.live(
  "SIGTERM to `npm start` ends kite, its PostgreSQL and its children",
  () =>
    Effect.gen(function* () {
      const { npm, url } = yield* npmStart(yield* temporaryDirectory)
      const started = descendantsOf(npm.pid ?? 0)
      yield* killAtTheEnd(started)
      assert.isAbove(started.length, 2)
      npm.kill("SIGTERM")
      yield* eventually(
        Effect.sync(() => started.filter(isRunning)),
        (running) => running.length === 0,
        "20 seconds"
      )
      assert.isFalse(yield* accepts(url))
    }),
  90_000
)
