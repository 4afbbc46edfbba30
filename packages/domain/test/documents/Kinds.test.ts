import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Api } from "@kite/domain/Api"
import { kindNames, kinds } from "@kite/domain/documents/Kinds"
import { OpenApi } from "effect/http-api"

/** The table as docs/formats.md shows it. */
const table = [
  "| kind | media type | told by | what is read | a page is |",
  "|---|---|---|---|---|",
  ...kinds.map(
    ({ name, extensions, contentType, toldBy, read, page }) =>
      `| ${name} (${extensions.join(", ")}) | \`${contentType}\` | ${toldBy} | ${read} | ${page} |`
  )
].join("\n")

describe("the kinds of files", () => {
  it("are those that docs/formats.md lists", () => {
    const page = readFileSync(new URL("../../../../docs/formats.md", import.meta.url), "utf8")
    assert.include(page, table, `docs/formats.md should have this table:\n\n${table}`)
  })

  it("are each told in the contract of the upload", () => {
    const contract = JSON.stringify(OpenApi.fromApi(Api).components.schemas["Upload"])
    for (const { name, contentType } of kinds) assert.include(contract, `${name} (${contentType})`)
  })

  it("have names and media types of their own", () => {
    assert.lengthOf(new Set(kinds.map(({ contentType }) => contentType)), kinds.length)
    assert.lengthOf(new Set(kinds.map(({ name }) => name)), kinds.length)
    assert.match(kindNames, /^PDF, .* or plain text$/)
  })
})
