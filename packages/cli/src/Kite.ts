import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, type Runtime } from "effect"
import { Command } from "effect/cli"
import { admin } from "./commands/Admin.ts"
import { audit } from "./commands/Audit.ts"
import { doctor } from "./commands/Doctor.ts"
import { documents } from "./commands/Documents.ts"
import { keysCommand } from "./commands/Keys.ts"
import { migrate } from "./commands/Migrate.ts"
import { server } from "./commands/Server.ts"
import { start } from "./commands/Start.ts"
import { worker } from "./commands/Worker.ts"
import { failureMessage } from "./FailureMessage.ts"
import { version } from "./Logging.ts"

const report = (cause: Cause.Cause<unknown>) => {
  const message = failureMessage(cause)
  return message === undefined ? Effect.void : Console.error(`kite: ${message}`)
}

/** 0 also after an interruption (SIGTERM, Ctrl-C); 1 after every failure. */
const exitCode: Runtime.Teardown = (exit, onExit) =>
  onExit(Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) ? 1 : 0)

Command.make("kite").pipe(
  Command.withDescription("Store documents of many users and extract their text"),
  Command.withSubcommands([start, server, worker, migrate, admin, audit, documents, doctor, keysCommand]),
  Command.run({ version }),
  Effect.tapCause(report),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: exitCode })
)
