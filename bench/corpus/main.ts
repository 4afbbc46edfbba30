import { readdirSync, readFileSync, statSync } from "node:fs"
import { basename, extname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"

/**
 * Uploads every file of a folder and tells how many of the words that were extracted a search finds: `npm run corpus -- FOLDER`.
 * A kite of its own, or that of KITE_URL, where a new account must be allowed to ask often.
 */
const folder = process.argv[2] ?? fileURLToPath(new URL("../../examples", import.meta.url))
const wordsPerFile = 500
const shownMisses = 20

const filesIn = (path: string): ReadonlyArray<string> =>
  readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
    .sort()

/** What stands between white space and has a letter or digit; evenly chosen where there is much. */
const wordsOf = (text: string) => {
  const words = Array.from(
    new Set(text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word) && word.length <= 150))
  )
  const step = Math.max(1, words.length / wordsPerFile)
  return Array.from(
    { length: Math.min(words.length, wordsPerFile) },
    (_, index) => words[Math.floor(index * step)] ?? ""
  )
}

const measure = Effect.fnUntraced(function* (url: string) {
  const { headers } = yield* logInAt(url)
  const get = (path: string) =>
    Effect.promise(async (): Promise<any> => (await fetch(`${url}/api/documents${path}`, { headers })).json())

  const textOf = (id: string) =>
    Effect.promise(async () => {
      const response = await fetch(`${url}/api/documents/${id}/text`, { headers: { ...headers, accept: "text/plain" } })
      return await response.text()
    })

  const upload = (file: string, mark: string) =>
    Effect.promise(async () => {
      const body = new FormData()
      body.append("file", new Blob([readFileSync(file)]), `${mark}${extname(file)}`)
      const response = await fetch(`${url}/api/documents`, { method: "POST", headers, body })
      return { status: response.status, json: (await response.json()) as any }
    })

  const settled = (id: string) =>
    get(`/${id}`).pipe(
      Effect.delay("50 millis"),
      Effect.repeat({ until: ({ status }) => status === "ready" || status === "failed" }),
      Effect.timeout("10 minutes"),
      Effect.orDie
    )

  const total = { asked: 0, found: 0 }
  for (const [index, file] of filesIn(folder).entries()) {
    // The name makes the document the only one that a search can find.
    const mark = `corpus${index}file`
    const { status, json } = yield* upload(file, mark)
    if (status !== 201) {
      console.log(`${basename(file)}: ${status} ${json.detail ?? json.title}`)
      continue
    }
    const document = yield* settled(json.id)
    if (document.status === "failed") {
      console.log(`${basename(file)}: ${document.failure.code}`)
      continue
    }
    const text = yield* textOf(json.id)
    const words = wordsOf(text)
    const missed = yield* Effect.filter(
      words,
      (word) => {
        const q = `"${word.replaceAll('"', " ")}" ${mark}`
        return Effect.map(get(`?${new URLSearchParams({ q })}`), ({ items }) => items.length === 0)
      },
      { concurrency: 4 }
    )
    total.asked += words.length
    total.found += words.length - missed.length
    if (missed.length > 0) {
      console.log(
        `${basename(file)}: ${missed.length} of ${words.length} words are not found: ${missed.slice(0, shownMisses).join(" ")}`
      )
    }
  }
  const share = total.asked === 0 ? 100 : (100 * total.found) / total.asked
  console.log(
    `${total.found} of ${total.asked} words that were extracted are found: ${share.toFixed(2)} % (goal: 100 %)`
  )
  return total.found === total.asked
})

const own = Effect.gen(function* () {
  const { url } = yield* startKite({
    DATA_DIR: yield* temporaryDirectory,
    QUOTA_BYTES: "20 GB",
    RATE_LIMIT_IP: "1000000/1m",
    RATE_LIMIT_ACCOUNT: "1000000/1m"
  })
  return yield* measure(url)
})

const { KITE_URL: url } = process.env
const isWhole = await Effect.runPromise(Effect.scoped(url === undefined ? own : measure(url)))
process.exitCode = isWhole ? 0 : 1
