import { Variables } from "@kite/adapters/settings/Settings"
import { Schema } from "effect"

type Setting = readonly [name: string, schema: Schema.Top]

const isSecret = (schema: Schema.Top) => Schema.toType(schema).ast.annotations?.["expected"] === "Redacted"

const row = ([name, schema]: Setting) => {
  const { description, unset, example } = Schema.resolveAnnotationsKey(schema) ?? {}
  if (typeof description !== "string" || typeof unset !== "string") {
    throw new Error(`${name} needs the annotations "description" and "unset" in Settings.ts`)
  }
  const notes = [
    description,
    ...(typeof example === "string" ? [`Example: \`${example}\``] : []),
    ...(isSecret(schema) ? ["Secret"] : [])
  ]
  return `| \`${name}\` | ${unset} | ${notes.join(". ")} |`
}

/** The table of all settings, from the annotations of their schema; throws where one has no description. */
export const settingsTable = (): string =>
  ["| variable | default | meaning |", "|---|---|---|", ...Object.entries(Variables.fields).map(row)].join("\n")
