import type { Target } from "./Target.ts"

/** What an attack achieved. All figures are better when smaller. */
export interface Figure {
  readonly what: string
  /** What the same attack achieved on kite e2da774, before it was mended, as measured then. */
  readonly before: string
  readonly now: number
  readonly limit: number
  readonly unit: string
}

export interface Attack {
  readonly name: string
  /** Settings of the kite that is attacked, where the attack needs others than the defaults. */
  readonly settings: Readonly<Record<string, string>>
  readonly run: (target: Target) => Promise<ReadonlyArray<Figure>>
}

/** What one attack came to: its figures, or why it could not be carried out. */
export interface Outcome {
  readonly name: string
  readonly seconds: number
  readonly figures: ReadonlyArray<Figure>
  readonly error?: string
}

const holds = ({ now, limit }: Figure) => now <= limit

/** An attack without a figure proves nothing, so it counts as a failure. */
export const isRepelled = ({ figures, error }: Outcome) =>
  error === undefined && figures.length > 0 && figures.every(holds)

const shown = (value: number, unit: string) =>
  `${Number.isInteger(value) || !Number.isFinite(value) ? value : value.toFixed(value < 10 ? 2 : 0)}${unit === "" ? "" : ` ${unit}`}`

const header = ["attack", "figure", "before", "now", "limit", ""]

const rowsOf = ({ name, figures, error, seconds }: Outcome): ReadonlyArray<ReadonlyArray<string>> => [
  ...figures.map((figure) => [
    name,
    figure.what,
    figure.before,
    shown(figure.now, figure.unit),
    shown(figure.limit, figure.unit),
    holds(figure) ? "ok" : "FAILED"
  ]),
  ...(error === undefined ? [] : [[name, error, "", "", "", "FAILED"]]),
  ...(error === undefined && figures.length === 0 ? [[name, "no figure", "", "", "", "FAILED"]] : []),
  [name, `took ${seconds.toFixed(0)} s`, "", "", "", ""]
]

/** The outcomes as a table of plain text. */
export const tableOf = (outcomes: ReadonlyArray<Outcome>) => {
  const rows = [header, ...outcomes.flatMap(rowsOf)]
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}
