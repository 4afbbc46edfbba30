import { globSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { withBlocks } from "./Blocks.ts"
import { clientTypes, clientTypesPath } from "./ClientTypes.ts"

/** Writes the blocks of the documents from their sources, and the types of the client: `npm run docs`. */
const root = fileURLToPath(new URL("../../", import.meta.url))
for (const path of globSync(["*.md", "docs/*.md"], { cwd: root })) {
  const document = readFileSync(root + path, "utf8")
  const written = withBlocks(document)
  if (written !== document) writeFileSync(root + path, written)
}
writeFileSync(root + clientTypesPath, clientTypes())
