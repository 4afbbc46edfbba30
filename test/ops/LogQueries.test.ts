import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { LogError, LogLine } from "@kite/adapters/logging/LogLine"
import { assert, describe, it } from "vitest"
import { parse } from "yaml"
import { LogQuery } from "./LogQuery.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const read = (path: string) => readFileSync(root + path, "utf8")

/** All queries inside a JSON or YAML value: its `expr` fields. */
const expressionsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, member]) =>
    key === "expr" && typeof member === "string" ? [member] : expressionsIn(member)
  )
}

const dashboard: unknown = JSON.parse(read("ops/grafana/dashboards/kite.json"))
const alerts: unknown = parse(read("ops/grafana/provisioning/alerting/alerts.yaml"))
const expressions = [...expressionsIn(dashboard), ...expressionsIn(alerts)]

const fields = new Set(Object.keys(LogLine.fields))
const errorFields = new Set(Object.keys(LogError.fields))
const isField = (path: string) => {
  const [name = "", ...rest] = path.split(".")
  return fields.has(name) && (rest.length === 0 || (name === "error" && rest.every((part) => errorFields.has(part))))
}

/** The names in a block of the Alloy configuration. */
const namesIn = (block: string) => {
  const [, body = ""] = new RegExp(`${block} \\{[^{]*\\{([^}]*)\\}`).exec(read("ops/alloy/config.alloy")) ?? []
  return [...body.matchAll(/^\s*(\w+)\s*=/gm)].map(([, name = ""]) => name)
}
const streamLabels = new Set([...namesIn("stage.labels"), "app"])
const metadata = new Set(namesIn("stage.structured_metadata"))

const sources = globSync("packages/*/src/**/*.ts", { cwd: root }).map(read)

/** Everything in the query that kite does not log. */
const faultsOf = (expression: string) => {
  const query = new LogQuery(expression)
  const known = (name: string) => query.extracted.has(name) || streamLabels.has(name) || metadata.has(name)
  return [
    ...query.errors.map((error) => `not LogQL: ${error}`),
    ...[...query.streamLabels].filter((name) => !streamLabels.has(name)).map((name) => `not a stream label: ${name}`),
    ...[...query.paths].filter((path) => !isField(path)).map((path) => `not a field of a line: ${path}`),
    ...[...query.used].filter((name) => !known(name) && name !== "__error__").map((name) => `not extracted: ${name}`),
    ...[...query.events]
      .filter((event) => !sources.some((source) => source.includes(`"${event}"`)))
      .map((event) => `never logged: ${event}`)
  ]
}

describe("the dashboard and the alerts", () => {
  it("have at least 20 panels and two rules", () => {
    assert.isAtLeast(expressionsIn(dashboard).length, 20)
    assert.isAtLeast(expressionsIn(alerts).length, 2)
  })

  it.each(expressions)("use fields and events that kite logs: %s", (expression) => {
    assert.deepStrictEqual(faultsOf(expression), [])
  })

  it.each([
    ['{app="kite"} | json statuss', "not a field of a line: statuss"],
    ['{app="kite"} | json kind="error.kind"', "not a field of a line: error.kind"],
    ['{job="kite"}', "not a stream label: job"],
    ['sum by (route) (rate({app="kite"} | json event | event="http_request" [$__auto]))', "not extracted: route"],
    ['rate({app="kite"} | json event | event="http_requests" [$__auto])', "never logged: http_requests"],
    ['{app="kite"} | line_format "{{.message}}"', "not extracted: message"]
  ])("fail after a rename: %s", (expression, fault) => {
    assert.deepStrictEqual(faultsOf(expression), [fault])
  })

  it("fail if a query is not valid LogQL", () => {
    assert.match(faultsOf('sum(rate({app="kite"} | jsonn')[0] ?? "", /^not LogQL/)
  })

  it("use the one data source, by its uid", () => {
    const [loki] = parse(read("ops/grafana/provisioning/datasources/loki.yaml")).datasources
    const uids = (JSON.stringify([dashboard, alerts]).match(/"(?:datasourceUid|uid)":"kite-loki"/g) ?? []).length
    assert.strictEqual(loki.uid, "kite-loki")
    assert.isAtLeast(uids, expressions.length)
  })
})

describe("the shipper", () => {
  it("reads fields that log lines have", () => {
    const read = [...namesIn("stage.json"), ...namesIn("stage.labels"), ...namesIn("stage.structured_metadata")]
    assert.isAtLeast(read.length, 7)
    assert.deepStrictEqual(
      read.filter((name) => !isField(name)),
      []
    )
  })
})
