import type { PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs"

/** A node of the page that pdf.js makes of a form in XFA. */
interface XfaNode {
  readonly name?: string
  readonly value?: string
  readonly attributes?: {
    readonly value?: unknown
    readonly textContent?: unknown
    readonly type?: string
    readonly checked?: boolean
  }
  readonly children?: ReadonlyArray<XfaNode>
}

/** Text of its own, or what was typed into it; of buttons what is ticked. */
const ownText = ({ name, value, attributes }: XfaNode): string => {
  if (name === "#text") return value ?? ""
  const isButton = attributes?.type === "checkbox" || attributes?.type === "radio"
  if (isButton && attributes?.checked !== true) return ""
  return [attributes?.textContent, name === "input" ? attributes?.value : value]
    .filter((text) => typeof text === "string")
    .join(" ")
}

/** The text of a page of a form that consists of XFA alone, with what was typed into it. */
export const xfaText = async (page: PDFPageProxy): Promise<string> => {
  const lines: Array<string> = []
  const open: Array<XfaNode> = [((await page.getXfa()) ?? {}) as XfaNode]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const text = ownText(node).trim()
    if (text !== "") lines.push(text)
    open.push(...(node.children ?? []).toReversed())
  }
  return lines.join("\n")
}
