/** What breaks lines or pages as Unicode sees it, but is neither LF nor CR. */
const otherBreaks = /[\v\f\u0085]/g
/** A control character but tab, LF and CR, or half a surrogate pair. One by one: V8 has no stack for a match of millions. */
const needless = /[[\p{Cc}\p{Cs}]--[\t\n\r]]/gv

/**
 * Text without what no text needs: vertical tab, form feed and NEL become LF, so that a form feed stands between pages alone; other
 * control characters (C0, DEL, C1) and lone surrogates are dropped. PostgreSQL refuses some of them, and in JSON each takes six bytes.
 */
export const cleanText = (text: string) => text.replace(otherBreaks, "\n").replace(needless, "")
