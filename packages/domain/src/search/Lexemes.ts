import { foldWord, withoutMarks } from "./Letters.ts"

/** Put before what stands in the document's name, and not in its text. */
export const inName = "<"
/** Put before a form that the document does not hold as it stands, but only in another spelling. */
export const onlyFolded = "~"
/** Stands in every row of a document that has more than one, and in no other. */
export const inParts = "+parts"

/** The other spellings under which a word is kept: without its marks, and as a singular. */
export const foldsOf = (word: string): ReadonlyArray<string> => {
  const plain = withoutMarks(word)
  const fold = foldWord(word)
  const others = plain === fold ? [plain] : [plain, fold]
  return others.filter((form) => form !== word)
}

/** A lexeme as PostgreSQL reads it in a tsvector or tsquery. */
export const quoteLexeme = (lexeme: string): string => `'${lexeme.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
