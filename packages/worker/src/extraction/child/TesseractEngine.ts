import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { basename } from "node:path"
import { gunzipSync } from "node:zlib"

/** What tesseract.js runs in a thread of its own, one of which the sandbox has no need: a handler of messages. */
interface WorkerScript {
  setAdapter(adapter: { readonly getCore: unknown; readonly gunzip: (bytes: Buffer) => Buffer }): void
  dispatchHandlers(
    packet: { readonly workerId: string; readonly jobId: string; readonly action: string; readonly payload: unknown },
    send: (reply: { readonly status: "resolve" | "reject" | "progress"; readonly data: unknown }) => void
  ): void
}

/** What Tesseract says of an image; `confidence` is its mean over the words, 0 to 100. */
export interface Recognition {
  readonly text: string
  readonly confidence: number
}

const require = createRequire(import.meta.url)

const load = (): WorkerScript => {
  const script: WorkerScript = require("tesseract.js/src/worker-script/index.js")
  script.setAdapter({ getCore: require("tesseract.js/src/worker-script/node/getCore.js"), gunzip: gunzipSync })
  return script
}

/** By neural network alone (OEM.LSTM_ONLY), which is all that the data has. */
const engineMode = 1
/** PSM.AUTO: columns and blocks are found by Tesseract. */
const pageSegmentation = { tessedit_pageseg_mode: "3" }

/** Tesseract with these languages (files `<language>.traineddata.gz`), on this thread: each image blocks it. */
export const startTesseract = async (languageFiles: ReadonlyArray<string>) => {
  const script = load()
  let jobs = 0
  const run = (action: string, payload: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      script.dispatchHandlers({ workerId: "kite", jobId: `${jobs++}`, action, payload }, ({ status, data }) => {
        if (status === "resolve") resolve(data)
        if (status === "reject") reject(new Error(`${data}`))
      })
    })
  const languages = await Promise.all(
    languageFiles.map(async (file) => ({
      code: basename(file, ".traineddata.gz"),
      data: await readFile(file)
    }))
  )
  await run("load", { options: { lstmOnly: true, logging: false } })
  await run("loadLanguage", { langs: languages, options: { cacheMethod: "none", gzip: true } })
  const langs = languages.map(({ code }) => code).join("+")
  await run("initialize", { langs, oem: engineMode, config: {} })
  await run("setParameters", { params: pageSegmentation })
  return async (image: Uint8Array): Promise<Recognition> =>
    (await run("recognize", { image, options: {}, output: { text: true } })) as Recognition
}
