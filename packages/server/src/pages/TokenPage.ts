import { createHash } from "node:crypto"
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"

/** A page that a link in a mail opens. Its texts are constants of kite: nothing of a request is in them. */
interface TokenPage {
  readonly path: `/${string}`
  readonly title: string
  readonly heading: string
  /** The labels and inputs of the form. */
  readonly inputs: string
  /** The members of the body that the inputs fill, in order. */
  readonly members: ReadonlyArray<string>
  readonly button: string
  /** Where the form is sent, and the member of the body that the token fills. */
  readonly endpoint: string
  readonly token: string
  readonly done: string
}

const style =
  "body{font:1rem/1.5 system-ui;max-width:24rem;margin:4rem auto;padding:0 1rem}input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.25rem 0}"

const scriptOf = ({ endpoint, token, members, done }: TokenPage) => `
const token = location.hash.slice(1)
history.replaceState(null, "", location.pathname)
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault()
  const inputs = document.querySelectorAll("input")
  const values = ${JSON.stringify(members)}.map((name, index) => [name, inputs[index].value])
  const output = document.querySelector("output")
  const response = await fetch(${JSON.stringify(endpoint)}, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ${token}: token, ...Object.fromEntries(values) })
  }).catch(() => undefined)
  if (response?.ok) return void (output.textContent = ${JSON.stringify(done)})
  const problem = await response?.json().catch(() => undefined)
  output.textContent = problem?.detail ?? problem?.title ?? "Something went wrong. Please try again."
})`

const htmlOf = ({ title, heading, inputs, button }: TokenPage, script: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>kite: ${title}</title>
<style>${style}</style>
<h1>${heading}</h1>
<form>
${inputs}<button>${button}</button>
</form>
<p><output role="status"></output></p>
<script type="module">${script}</script>
</html>
`

const source = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

const policyOf = (script: string) =>
  [
    "default-src 'none'",
    `script-src ${source(script)}`,
    `style-src ${source(style)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; ")

/** Serves the page. The token stays in the fragment of its address; nothing is loaded from other origins. */
export const layerTokenPage = (page: TokenPage) => {
  const script = scriptOf(page)
  const options = {
    contentType: "text/html; charset=utf-8",
    headers: { "content-security-policy": policyOf(script) }
  }
  return HttpRouter.add("GET", page.path, Effect.succeed(HttpServerResponse.text(htmlOf(page, script), options)))
}
