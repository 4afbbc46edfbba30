import { Context } from "effect"

/** Whether the request being served has been charged to a policy or is exempt: each is charged once. */
export const RequestCharge = Context.Reference<{ settled: boolean }>("@kite/server/limits/RequestCharge", {
  defaultValue: () => ({ settled: true })
})
