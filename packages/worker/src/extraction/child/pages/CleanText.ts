/** What breaks lines or pages as Unicode sees it, but is neither LF nor CR. */
const otherBreaks = /[\v\f\u0085]/g
/** Control characters but for tab, LF and CR, and halves of surrogate pairs. */
const needless = /[[\p{Cc}\p{Cs}]--[\t\n\r]]+/gv

/**
 * Text without what no text needs: vertical tab, form feed and NEL become LF, so that a form feed stands between pages alone; other
 * control characters (C0, DEL, C1) and lone surrogates are dropped. PostgreSQL refuses some of them, and in JSON each takes six bytes.
 */
export const cleanText = (text: string) => text.replace(otherBreaks, "\n").replace(needless, "")
