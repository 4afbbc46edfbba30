import type { Init } from "./Http.ts"

/** What is used of XMLHttpRequest here: types of browsers are not known where this package is only checked. */
interface Xhr {
  readonly status: number
  readonly statusText: string
  readonly responseText: string
  readonly upload: { onprogress: (event: { readonly loaded: number }) => void }
  onload: () => void
  onerror: () => void
  onabort: () => void
  open(method: string, url: string): void
  setRequestHeader(name: string, value: string): void
  getAllResponseHeaders(): string
  send(body: Blob): void
  abort(): void
}

const { XMLHttpRequest: Xhr } = globalThis as unknown as { readonly XMLHttpRequest?: new () => Xhr }

export const hasXhr: boolean = Xhr !== undefined

const headersOf = (lines: string): Array<[string, string]> =>
  lines
    .trim()
    .split("\r\n")
    .map((line) => {
      const colon = line.indexOf(":")
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })

/** Sends a body without cookies and tells how many of its bytes are sent. Rejects as fetch does. */
export const sendByXhr = async (
  url: string,
  { method, headers, signal }: Init,
  body: Blob,
  onSent: (bytes: number) => void
): Promise<Response> => {
  if (Xhr === undefined) throw new TypeError("There is no XMLHttpRequest")
  const xhr = new Xhr()
  const abort = () => xhr.abort()
  signal?.throwIfAborted()
  signal?.addEventListener("abort", abort)
  xhr.open(method, url)
  for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value)
  xhr.upload.onprogress = ({ loaded }) => onSent(loaded)
  const loaded = new Promise<void>((resolve, reject) => {
    xhr.onload = () => resolve()
    xhr.onerror = () => reject(new TypeError("The request failed"))
    xhr.onabort = () => reject(signal?.reason)
  })
  xhr.send(body)
  await loaded.finally(() => signal?.removeEventListener("abort", abort))
  const { status, statusText } = xhr
  return new Response(xhr.responseText, { status, statusText, headers: headersOf(xhr.getAllResponseHeaders()) })
}
