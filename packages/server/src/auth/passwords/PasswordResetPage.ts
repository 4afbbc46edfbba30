import { createHash } from "node:crypto"
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"

const style =
  "body{font:1rem/1.5 system-ui;max-width:24rem;margin:4rem auto;padding:0 1rem}input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.25rem 0}"

const script = `
const token = location.hash.slice(1)
history.replaceState(null, "", location.pathname)
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault()
  const newPassword = document.querySelector("input").value
  const output = document.querySelector("output")
  const response = await fetch("/api/auth/password-reset/confirm", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, newPassword })
  }).catch(() => undefined)
  if (response?.ok) return void (output.textContent = "Your password was changed. You can log in with it now.")
  const problem = await response?.json().catch(() => undefined)
  output.textContent = problem?.detail ?? problem?.title ?? "Something went wrong. Please try again."
})`

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>kite: choose a new password</title>
<style>${style}</style>
<h1>Choose a new password</h1>
<form>
<label>New password, 12 characters or more
<input type="password" autocomplete="new-password" required></label>
<button>Change password</button>
</form>
<p><output role="status"></output></p>
<script type="module">${script}</script>
</html>
`

const source = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`
const policy = [
  "default-src 'none'",
  `script-src ${source(script)}`,
  `style-src ${source(style)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

/** The page that the link in a reset mail opens. The token stays in the fragment; nothing is loaded from other origins. */
export const layer = HttpRouter.add(
  "GET",
  "/reset",
  Effect.succeed(
    HttpServerResponse.text(page, {
      contentType: "text/html; charset=utf-8",
      headers: { "content-security-policy": policy }
    })
  )
)
