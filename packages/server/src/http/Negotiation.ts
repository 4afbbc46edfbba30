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
