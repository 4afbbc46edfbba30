import { Settings } from "@kite/adapters/settings/Settings"
import { clientIp } from "@kite/domain/network/ClientIp"
import { parseIp } from "@kite/domain/network/Ip"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"

const peer = Flag.String("peer").pipe(
  Flag.withDescription("The address that connects to kite, for example your proxy's")
)
const header = Flag.String("forwarded-for").pipe(
  Flag.withDescription("The X-Forwarded-For header that kite receives"),
  Flag.withDefault("")
)

const explain =
  ({ TRUSTED_PROXIES: trusted, TRUSTED_PROXY_RULE: rule, TRUSTED_PROXY_MAX_HOPS: maxHops }: Settings["Service"]) =>
  (peer: string, header: string) => {
    const forwardedFor = header === "" ? [] : [header]
    const found = (rule: "rightmost" | "leftmost") =>
      clientIp({ peer, forwardedFor, trusted, rule, maxHops }) ?? "unknown"
    const ip = parseIp(peer)
    return [
      `trusted proxies   ${trusted}`,
      `peer              ${peer}: ${ip !== undefined && trusted.has(ip) ? "trusted, so its header is used" : "not trusted, so its header is ignored"}`,
      `X-Forwarded-For   ${header === "" ? "(none)" : header}`,
      `client            ${found(rule)} (rule ${rule})`,
      `                  ${found(rule === "rightmost" ? "leftmost" : "rightmost")} with the other rule`
    ].join("\n")
  }

const proxy = Command.make(
  "proxy",
  { peer, header },
  Effect.fn(function* ({ peer, header }) {
    const settings = yield* Settings
    yield* Console.log(explain(settings)(peer, header))
  })
).pipe(
  Command.withDescription("Show which client address a request counts for, with the settings of this environment"),
  Command.provide(Settings.layer)
)

export const doctor = Command.make("doctor").pipe(
  Command.withDescription("Explain what kite does with the current settings"),
  Command.withSubcommands([proxy])
)
