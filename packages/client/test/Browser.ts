import { spawn } from "node:child_process"
import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { Effect } from "effect"

const page = (program: string) => `<!doctype html>
<input type="file"><progress value="0"></progress>
<script type="importmap">{ "imports": { "@kite/client/": "/client/" } }</script>
<script type="module">${program}</script>`

/**
 * A web server for one page, which the test sets with `show`, and for the client in this folder. What the page sends to `/result`
 * goes to `result`.
 */
export const pageServer = (dist: string) =>
  Effect.gen(function* () {
    const results: Array<string> = []
    let program = ""
    const server = createServer(async (request, response) => {
      const [, module] = /^\/client\/(\w+)(?:\.js)?$/.exec(request.url ?? "") ?? []
      if (request.url === "/result") {
        results.push(await text(request))
        response.end()
      } else if (module !== undefined) {
        response.setHeader("content-type", "text/javascript").end(await readFile(join(dist, `${module}.js`)))
      } else if (request.url === "/") {
        response.setHeader("content-type", "text/html; charset=utf-8").end(page(program))
      } else response.writeHead(404).end()
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () => Effect.sync(() => server.close().closeAllConnections())
    )
    const { port } = server.address() as AddressInfo
    return {
      origin: `http://127.0.0.1:${port}`,
      show: (next: string) => {
        program = next
      },
      results: results as ReadonlyArray<string>
    }
  })

/** Opens a page in Chromium without a window, until the scope ends. */
export const openPage = (chromium: string, profile: string, url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
      return spawn(chromium, [...flags, `--user-data-dir=${profile}`, url], { detached: true, stdio: "ignore" })
    }),
    ({ pid }) =>
      Effect.sync(() => {
        // Chromium is a group of processes.
        if (pid !== undefined) process.kill(-pid, "SIGKILL")
      })
  )
