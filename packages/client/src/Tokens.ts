import type { Login, Session, User } from "./Contract.ts"
import { Cookies } from "./Cookies.ts"
import { orAborted } from "./Deadline.ts"
import type { CallOptions, Http, Request } from "./Http.ts"
import { isProblem } from "./Problem.ts"

/** How long before its end an access token is renewed: longer than clocks and networks are late. */
const marginMs = 30_000

/** The access token, in memory, and its renewal by the refresh cookie. */
export class Tokens {
  readonly #http: Http
  readonly #origin: string
  readonly #cookies = new Cookies()
  #token: { readonly value: string; readonly renewAt: number } | undefined
  #renewal: Promise<string> | undefined

  constructor(http: Http, origin: string) {
    this.#http = http
    this.#origin = origin
  }

  async start(json: Login, options: CallOptions): Promise<User> {
    await this.#settled()
    const session = await this.#post("login", readSession, { ...options, json })
    this.#accept(session)
    return session.user
  }

  async end(options: CallOptions): Promise<void> {
    await this.#settled()
    await this.#post("logout", (response) => response.text(), options)
    this.#token = undefined
  }

  /** Runs a call with a valid token. If kite does not accept the token after all, it runs once more, with a new one. */
  async authorized<A>(
    call: (authorization: string) => Promise<A>,
    { repeat, signal }: Pick<Request, "repeat" | "signal">
  ) {
    const token = this.#token
    const isValid = token !== undefined && Date.now() < token.renewAt
    const value = isValid ? token.value : await this.#renew(signal)
    try {
      return await call(`Bearer ${value}`)
    } catch (error) {
      if (repeat === "never" || !isProblem(error, "urn:kite:problem:unauthenticated")) throw error
      // Another call may have renewed it in the meantime.
      const current = this.#token?.value
      return call(`Bearer ${current === undefined || current === value ? await this.#renew(signal) : current}`)
    }
  }

  /** All calls wait for the same renewal. None of them can abort it for the others. */
  #renew(signal: AbortSignal | undefined): Promise<string> {
    this.#renewal ??= this.#post("refresh", readSession, {})
      .then((session) => this.#accept(session))
      .finally(() => {
        this.#renewal = undefined
      })
    return orAborted(this.#renewal, signal)
  }

  /** A renewal under way must not replace the session that follows it. */
  async #settled() {
    await this.#renewal?.catch(() => {})
  }

  #accept({ accessToken, expiresIn }: Session): string {
    this.#token = { value: accessToken, renewAt: Date.now() + expiresIn * 1_000 - marginMs }
    return accessToken
  }

  /** Scripts in browsers cannot set `Origin` and `Cookie`: browsers ignore these here and send their own. */
  #post<A>(name: string, read: (response: Response) => Promise<A>, options: CallOptions & { readonly json?: unknown }) {
    const request = { ...options, method: "POST", path: `/api/auth/${name}`, repeat: "safe" } as const
    const keep = async (response: Response) => {
      this.#cookies.keep(response)
      return read(response)
    }
    return this.#http.retry(() => {
      const headers = { origin: this.#origin, ...this.#cookies.header }
      return this.#http.once({ ...request, headers, credentials: "include" }, keep)
    }, request)
  }
}

const readSession = (response: Response): Promise<Session> => response.json() as Promise<Session>
