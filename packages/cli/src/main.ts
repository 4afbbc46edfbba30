import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Option, type Runtime } from "effect"
import { CliError, Command } from "effect/cli"
import { admin } from "./commands/Admin.ts"
import { audit } from "./commands/Audit.ts"
import { doctor } from "./commands/Doctor.ts"
import { keysCommand } from "./commands/Keys.ts"
import { migrate } from "./commands/Migrate.ts"
import { server } from "./commands/Server.ts"
import { start } from "./commands/Start.ts"
import { worker } from "./commands/Worker.ts"
import { version } from "./Logging.ts"

/** An expected failure (a wrong setting, a port in use) is told in its own words; only a defect shows where it happened. */
const explain = (cause: Cause.Cause<unknown>) => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (Cause.hasInterruptsOnly(cause) || CliError.isCliError(error)) return Effect.void
  return Console.error(`kite: ${error instanceof Error && error.message !== "" ? error.message : Cause.pretty(cause)}`)
}

/** To be stopped is a good end: 0. Anything else that fails is 1. */
const exitCode: Runtime.Teardown = (exit, onExit) =>
  onExit(Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) ? 1 : 0)

Command.make("kite").pipe(
  Command.withDescription("A multi-user document backend: documents in, text out"),
  Command.withSubcommands([start, server, worker, migrate, admin, audit, doctor, keysCommand]),
  Command.run({ version }),
  Effect.tapCause(explain),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: exitCode })
)
