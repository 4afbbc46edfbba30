import { Redacted } from "effect"

/** The same server, another database. */
export const onDatabase = (url: Redacted.Redacted<string>, database: string) => {
  const changed = new URL(Redacted.value(url))
  changed.pathname = `/${database}`
  return Redacted.make(changed.href)
}
