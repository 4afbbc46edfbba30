import type { PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs"

/** What pdf.js tells of an annotation, as far as it is text (ISO 32000-2 sections 12.5 and 12.7). */
interface Annotation {
  readonly subtype?: string
  readonly rect?: ReadonlyArray<number>
  readonly annotationFlags?: number
  readonly fieldType?: string
  readonly fieldName?: string
  readonly fieldValue?: unknown
  readonly password?: boolean
  readonly alternativeText?: string
  readonly checkBox?: boolean
  readonly radioButton?: boolean
  readonly exportValue?: string
  readonly buttonValue?: string
  readonly options?: ReadonlyArray<{ readonly exportValue?: string; readonly displayValue?: string }>
  readonly contentsObj?: { readonly str?: string }
  readonly richText?: { readonly str?: string } | null
  readonly textContent?: ReadonlyArray<string>
  readonly file?: { readonly filename?: string }
}

/** Hidden and NoView (ISO 32000-2 table 167). */
const unseenFlags = 0b100010
const isSeen = ({ annotationFlags = 0 }: Annotation) => (annotationFlags & unseenFlags) === 0

const strings = (value: unknown): ReadonlyArray<string> =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === "string" && one.trim() !== "")

/** The values of a field: what was typed, what was chosen as it is shown, and of buttons the ticked ones by their names. */
const fieldTexts = (field: Annotation): ReadonlyArray<string> => {
  if (field.password) return []
  if (field.fieldType === "Btn") {
    const value = field.checkBox ? field.exportValue : field.radioButton ? field.buttonValue : undefined
    if (value === undefined || value === null || value !== field.fieldValue) return []
    return [strings([field.alternativeText || field.fieldName, value]).join(": ")]
  }
  const values = strings(field.fieldValue)
  const shown = values.map(
    (value) => field.options?.find((option) => option.exportValue === value)?.displayValue ?? value
  )
  return shown.length > 0 ? shown : strings(field.textContent?.join("\n"))
}

const noteTexts = ({ contentsObj, richText, textContent, file }: Annotation): ReadonlyArray<string> => {
  const contents = strings([contentsObj?.str ?? ""])
  return [
    ...(contents.length > 0 ? contents : strings([richText?.str ?? textContent?.join("\n") ?? ""])),
    ...strings(file?.filename)
  ]
}

const top = ({ rect }: Annotation) => rect?.[3] ?? 0

/** The text of a page's form fields and annotations, from the top of the page, each text once. */
export const annotationTexts = async (page: PDFPageProxy): Promise<ReadonlyArray<string>> => {
  const annotations = (await page.getAnnotations({ intent: "display" })) as ReadonlyArray<Annotation>
  const texts = annotations
    .filter((annotation) => isSeen(annotation) && annotation.subtype !== "Popup" && annotation.subtype !== "Link")
    .sort((a, b) => top(b) - top(a))
    .flatMap((annotation) => (annotation.subtype === "Widget" ? fieldTexts(annotation) : noteTexts(annotation)))
  return [...new Set(texts.map((text) => text.replace(/\r\n?/g, "\n").trim()))]
}
