import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Option } from "effect"
import { CliError, Command } from "effect/cli"
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
  return Console.error(`kite: ${error instanceof Error ? error.message : Cause.pretty(cause)}`)
}

Command.make("kite").pipe(
  Command.withDescription("A multi-user document backend: documents in, text out"),
  Command.withSubcommands([start, server, worker, migrate, keysCommand]),
  Command.run({ version }),
  Effect.tapCause(explain),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
