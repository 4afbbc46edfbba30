import type {
  Document,
  DocumentPage,
  DocumentText,
  ListedDocument,
  ListQuery,
  Login,
  Page,
  Registration,
  UploadedDocument,
  User
} from "./Contract.ts"
import { sleep, timeoutError } from "./Deadline.ts"
import { type Download, type DownloadOptions, downloadFrom } from "./Download.ts"
import { type CallOptions, Http, type HttpOptions, type Request, type Send } from "./Http.ts"
import { isProblem } from "./Problem.ts"
import { Tokens } from "./Tokens.ts"
import { randomName, sendFile, type UploadOptions } from "./Upload.ts"

export interface KiteOptions extends HttpOptions {
  /** What a runtime that is no browser sends as `Origin`: the PUBLIC_URL of the server, if that is not the URL used here. */
  readonly origin?: string | undefined
}

export interface WaitOptions extends CallOptions {
  /** The longest time to wait in ms; ten minutes by default. Then it rejects with a TimeoutError. */
  readonly withinMs?: number | undefined
}

const json = <A>(response: Response): Promise<A> => response.json() as Promise<A>
const nothing = async (response: Response): Promise<void> => {
  await response.text()
}
const plainText = (response: Response): Promise<string> => response.text()
/** A query string, with its question mark. */
const queryOf = (query: object): string => {
  const fields = Object.entries(query).filter(([, value]) => value !== undefined)
  return `?${new URLSearchParams(fields.map(([name, value]) => [name, String(value)]))}`
}
const pathOf = (id: string, rest = "") => `/api/documents/${encodeURIComponent(id)}${rest}`

/**
 * A kite server, as one account uses it. Every call rejects with a ProblemError (kite refused), a ConnectionError, a TimeoutError,
 * or the reason of its signal.
 */
export class Kite {
  readonly #http: Http
  readonly #tokens: Tokens

  constructor(url: string | URL, options: KiteOptions = {}) {
    this.#http = new Http(String(url), options)
    this.#tokens = new Tokens(this.#http, options.origin ?? new URL(url).origin)
  }

  /** Creates an account. It does not log in. */
  register(registration: Registration, options: CallOptions = {}): Promise<User> {
    const request = {
      ...options,
      method: "POST",
      path: "/api/auth/register",
      json: registration,
      repeat: "refused"
    } as const
    return this.#http.retry(() => this.#http.once(request, json<User>), request)
  }

  /** Starts a session, which renews itself. In a browser it outlives the page, until its refresh cookie expires. */
  login(login: Login, options: CallOptions = {}): Promise<User> {
    return this.#tokens.start(login, options)
  }

  logout(options: CallOptions = {}): Promise<void> {
    return this.#tokens.end(options)
  }

  /** The account and its quota. */
  me(options: CallOptions = {}): Promise<User> {
    return this.#get("/api/auth/me", options)
  }

  /**
   * Stores a file. A Blob is sent again if the connection breaks, a stream is not. `onDuplicate` says what to do if the same bytes are
   * stored already: store them again, with `duplicateOf` (`keep`, the default), return the document (`return`), or fail (`reject`).
   */
  upload(file: Blob | ReadableStream<Uint8Array>, options: UploadOptions = {}): Promise<UploadedDocument> {
    const { onDuplicate, idempotencyKey = randomName() } = options
    const path = `/api/documents${queryOf({ onDuplicate })}`
    const headers = { "idempotency-key": JSON.stringify(idempotencyKey) }
    const repeat = file instanceof Blob ? "safe" : "never"
    const request = { ...options, method: "POST", path, headers, repeat } as const
    return this.#call(request, json<UploadedDocument>, sendFile(file, options, this.#http.fetch))
  }

  /** All documents that match, page by page: `limit` is the size of a page. */
  async *list(query: ListQuery = {}, options: CallOptions = {}): AsyncGenerator<ListedDocument, void> {
    let cursor: string | null | undefined = query.cursor
    do {
      const page: DocumentPage = await this.#get(`/api/documents${queryOf({ ...query, cursor })}`, options)
      yield* page.items
      cursor = page.nextCursor
    } while (cursor !== null)
  }

  document(id: string, options: CallOptions = {}): Promise<Document> {
    return this.#get(pathOf(id), options)
  }

  /** Waits until the document is `ready` or `failed`, and returns it. */
  async waitUntilReady(id: string, { withinMs = 600_000, ...options }: WaitOptions = {}): Promise<Document> {
    const end = Date.now() + withinMs
    for (let pause = 250; ; pause = Math.min(pause * 1.5, 5_000)) {
      const asked = Date.now()
      // kite waits with its response; half of the time limit is left for the way.
      const wait = Math.min(this.#http.timeoutOf(options) / 2, Math.max(0, end - asked))
      const document: Document = await this.#get(`${pathOf(id)}?wait=${Math.floor(wait / 1_000)}s`, options)
      if (document.status === "ready" || document.status === "failed") return document
      if (Date.now() + pause > end) throw timeoutError(withinMs)
      await sleep(asked + pause - Date.now(), options.signal)
    }
  }

  /** The whole text; a form feed separates its pages. */
  text(id: string, options: CallOptions = {}): Promise<string> {
    const headers = { accept: "text/plain" }
    return this.#call({ ...options, method: "GET", path: pathOf(id, "/text"), headers, repeat: "safe" }, plainText)
  }

  /** The text page by page. */
  async *pages(id: string, options: CallOptions = {}): AsyncGenerator<Page, void> {
    let next: number | null = 1
    while (next !== null) {
      const text: DocumentText = await this.#get(`${pathOf(id, "/text")}?page=${next}`, options)
      yield* text.items
      next = text.nextPage
    }
  }

  /** The content as a stream. */
  download(id: string, { start = 0, ...options }: DownloadOptions = {}): Promise<Download> {
    const request = { ...options, method: "GET", path: pathOf(id, "/content"), repeat: "safe" } as const
    return downloadFrom(start, (from) => {
      const range: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` }
      return this.#authorized(request, async (authorization) => {
        const deadline = this.#http.deadline(options)
        try {
          const response = await this.#http.send({ ...request, headers: { ...range, authorization } }, deadline)
          deadline.pause()
          return { response, deadline }
        } catch (error) {
          deadline.end()
          throw error
        }
      })
    })
  }

  rename(id: string, filename: string, options: CallOptions = {}): Promise<Document> {
    return this.#call(
      { ...options, method: "PATCH", path: pathOf(id), json: { filename }, repeat: "safe" },
      json<Document>
    )
  }

  /** Deletes the document for ever. */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    const request = { ...options, method: "DELETE", path: pathOf(id), repeat: "safe" } as const
    return this.#authorized(request, async (authorization, failures) => {
      try {
        await this.#http.once({ ...request, headers: { authorization } }, nothing)
      } catch (error) {
        // The first attempt may have deleted it.
        if (failures === 0 || !isProblem(error, "urn:kite:problem:not-found")) throw error
      }
    })
  }

  /** Extracts the text again. */
  reprocess(id: string, options: CallOptions = {}): Promise<Document> {
    return this.#call({ ...options, method: "POST", path: pathOf(id, "/reprocess"), repeat: "refused" }, json<Document>)
  }

  #get<A>(path: string, options: CallOptions): Promise<A> {
    return this.#call({ ...options, method: "GET", path, repeat: "safe" }, json<A>)
  }

  #call<A>(request: Request, read: (response: Response) => Promise<A>, send?: Send): Promise<A> {
    return this.#authorized(request, (authorization) =>
      this.#http.once({ ...request, headers: { ...request.headers, authorization } }, read, send)
    )
  }

  #authorized<A>(request: Request, attempt: (authorization: string, failures: number) => Promise<A>): Promise<A> {
    return this.#tokens.authorized(
      (authorization) => this.#http.retry((failures) => attempt(authorization, failures), request),
      request
    )
  }
}
