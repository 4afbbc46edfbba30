/**
 * The cookies of kite where the runtime keeps none. Browsers do not show `Set-Cookie` to scripts and keep cookies themselves, so
 * that this stays empty there.
 */
export class Cookies {
  readonly #values = new Map<string, string>()

  keep({ headers }: Response): void {
    for (const line of headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name === undefined) continue
      if (value) this.#values.set(name, value)
      else this.#values.delete(name)
    }
  }

  get header(): Record<string, string> {
    const pairs = [...this.#values].map(([name, value]) => `${name}=${value}`)
    return pairs.length === 0 ? {} : { cookie: pairs.join("; ") }
  }
}
