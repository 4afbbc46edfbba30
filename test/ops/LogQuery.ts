import { parser } from "@grafana/lezer-logql"

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"]

/** What a LogQL query relies on, parsed with Grafana's own grammar. */
export class LogQuery {
  /** Where the query is not valid LogQL. */
  readonly errors: Array<string> = []
  /** Labels of the stream selectors. */
  readonly streamLabels = new Set<string>()
  /** Paths of the line that `| json` reads, such as `error.type`. */
  readonly paths = new Set<string>()
  /** Labels that filters, groupings, unwrap and line_format use. */
  readonly used = new Set<string>()
  /** Names that `| json` assigns. */
  readonly extracted = new Set<string>()
  /** Values that `event` is compared with. */
  readonly events = new Set<string>()

  constructor(expression: string) {
    // Grafana replaces its variables before Loki sees them.
    const text = expression.replace(/\[\$__(auto|range|interval)\]/g, "[5m]")
    const at = (node: SyntaxNode | null | undefined) => (node ? text.slice(node.from, node.to) : "")
    const string = (node: SyntaxNode) => at(node.getChild("String")).slice(1, -1)
    parser.parse(text).iterate({
      enter: ({ node, type }) => {
        if (type.isError) this.errors.push(`${text.slice(0, node.from)} <here> ${text.slice(node.from)}`)
        if (type.name === "LineFormatExpr") {
          for (const [, name = ""] of string(node).matchAll(/\{\{\s*\.(\w+)/g)) this.used.add(name)
        }
        if (type.name !== "Identifier" || node.parent === null) return
        const name = at(node)
        const { parent } = node
        if (parent.name === "LabelExtractionExpression") {
          this.extracted.add(name)
          this.paths.add(string(parent) || name)
        } else if (parent.name === "Matcher" && parent.parent?.name === "Matchers") {
          this.streamLabels.add(name)
        } else {
          this.used.add(name)
          if (name === "event" && parent.name === "Matcher")
            for (const event of string(parent).split("|")) this.events.add(event)
        }
      }
    })
  }
}
