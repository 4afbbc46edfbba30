import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { Contender, race } from "./Contender.ts"
import { startWholeKite } from "./WholeKite.ts"

// The cost of logging for GET /api/documents: servers with each kind of log run in turn under the same load.
const goal = 0.1
const program = fileURLToPath(new URL("./HandlerServer.ts", import.meta.url))

/** The handler alone: everything except logging is as cheap as possible. */
const startHandler = async (name: string) => {
  const child: ChildProcess = fork(program, [name], { stdio: ["ignore", "pipe", "inherit", "ipc"] })
  // Reads the log, as a container runtime does.
  child.stdout?.resume()
  const [url] = await once(child, "message")
  return new Contender(name, child, `${url}/api/documents`)
}

const handlers = Effect.acquireRelease(
  Effect.promise(() => Promise.all(["off", "kite", "sonic-boom", "console.log"].map(startHandler))),
  (contenders) => Effect.sync(() => contenders.map((contender) => contender.process.kill("SIGKILL")))
)

/** Only the level differs: nothing below `error` is logged, or everything. */
const whole = Effect.all([startWholeKite("off", "error"), startWholeKite("kite", "info")])

const cost = await Effect.runPromise(
  Effect.gen(function* () {
    yield* Effect.scoped(Effect.flatMap(handlers, (all) => Effect.promise(() => race("The handler alone", all))))
    return yield* Effect.scoped(Effect.flatMap(whole, (all) => Effect.promise(() => race("The whole of kite", all))))
  })
)
const fewer = cost.get("kite") ?? Number.NaN
console.log(`  goal: less than ${goal * 100} % fewer: ${fewer < goal ? "met" : "missed"}`)
process.exitCode = fewer < goal ? 0 : 1
