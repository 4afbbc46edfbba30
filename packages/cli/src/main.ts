import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { migrate } from "./commands/Migrate.ts"
import { server } from "./commands/Server.ts"
import { start } from "./commands/Start.ts"
import { worker } from "./commands/Worker.ts"
import { version } from "./Logging.ts"

Command.make("kite").pipe(
  Command.withDescription("A multi-user document backend: documents in, text out"),
  Command.withSubcommands([start, server, worker, migrate]),
  Command.run({ version }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
