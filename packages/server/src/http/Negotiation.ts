/** Whether a list of If-None-Match names this entity tag: weak comparison (RFC 9110 section 13.1.2). */
export const matchesEtag = (header: string | undefined, etag: string) =>
  header?.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag) === true

/** The first of these content codings that Accept-Encoding allows (RFC 9110 section 12.5.3); none means identity. */
export const preferredEncoding = <Coding extends string>(
  header: string | undefined,
  codings: ReadonlyArray<Coding>
) => {
  const allowed = (header ?? "").split(",").flatMap((element) => {
    const [name = "", ...parameters] = element.split(";").map((part) => part.trim().toLowerCase())
    return parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter)) ? [] : [name]
  })
  return codings.find((coding) => allowed.includes(coding))
}

/** How much a range of Accept wants this media type, and how exactly it names it. */
const rangeOf = (element: string, [type, subtype]: ReadonlyArray<string>) => {
  const [range = "", ...parameters] = element.split(";").map((part) => part.trim().toLowerCase())
  const exactness = ["*/*", `${type}/*`, `${type}/${subtype}`].indexOf(range)
  const weight = parameters
    .map((parameter) => /^q=([01](?:\.\d{0,3})?)$/.exec(parameter)?.[1])
    .find((q) => q !== undefined)
  return { exactness, q: weight === undefined ? 1 : Number(weight) }
}

/**
 * The media type that Accept prefers, by the most exact range that names each (RFC 9110 section 12.5.1). The first of equals, and
 * where none is acceptable, which that section allows.
 */
export const preferredType = <Type extends string>(
  header: string | undefined,
  types: readonly [Type, ...ReadonlyArray<Type>]
): Type => {
  const elements = (header ?? "*/*").split(",")
  const weightOf = (type: Type) =>
    elements
      .map((element) => rangeOf(element, type.split("/")))
      .reduce((best, range) => (range.exactness > best.exactness ? range : best), { exactness: -1, q: 0 }).q
  const weights = types.map(weightOf)
  return types[weights.indexOf(Math.max(...weights))] ?? types[0]
}
