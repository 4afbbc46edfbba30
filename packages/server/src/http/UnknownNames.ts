import { likelyMeant } from "@kite/domain/Typo"
import { Array, SchemaIssue } from "effect"

/** "Unknown member; did you mean limitBytes?", or which members there are. */
const explain = (noun: string, name: string, { ast }: SchemaIssue.UnexpectedKey) => {
  const known = ast._tag === "Objects" ? ast.propertySignatures.map((property) => String(property.name)) : []
  const meant = likelyMeant(name, known)
  return `Unknown ${noun}; ${meant === undefined ? `known are ${known.join(", ")}` : `did you mean ${meant}?`}`
}

/** The issue, with a message of our own for each name that the schema does not have. `noun`: what it names. */
export const explainUnknownNames = (issue: SchemaIssue.Issue, noun: string, name = ""): SchemaIssue.Issue => {
  switch (issue._tag) {
    case "UnexpectedKey":
      return new SchemaIssue.InvalidValue({ message: explain(noun, name, issue) })
    case "Pointer":
      return new SchemaIssue.Pointer(issue.path, explainUnknownNames(issue.issue, noun, String(issue.path.at(-1))))
    case "Composite":
      return new SchemaIssue.Composite(
        issue.ast,
        Array.map(issue.issues, (inner) => explainUnknownNames(inner, noun))
      )
    case "AnyOf":
      return new SchemaIssue.AnyOf(
        issue.ast,
        issue.issues.map((inner) => explainUnknownNames(inner, noun))
      )
    case "Encoding":
      return new SchemaIssue.Encoding(issue.ast, explainUnknownNames(issue.issue, noun))
    default:
      return issue
  }
}
