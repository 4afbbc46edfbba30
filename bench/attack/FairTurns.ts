import { setTimeout as sleep } from "node:timers/promises"
import { densePicture } from "@kite/testkit/files/ImageFile"
import { addTextPage, pdfOf } from "@kite/testkit/files/PdfFile"
import type { Attack } from "./Attack.ts"
import type { Account, Target } from "./Target.ts"

const jobs = 500
/** These take OCR many seconds each. */
const scans = 8
const atOnce = 10
/** All jobs must end within so many ms. */
const patience = 400_000

const uploadAll = async (target: Target, account: Account) => {
  const scan = new Uint8Array(await densePicture().encode("jpeg", 70))
  let next = 0
  const uploadSome = async () => {
    while (next < jobs) {
      if (next++ < scans) await target.upload(account, scan, "scan.jpg")
      else await target.upload(account, "five words are in here")
    }
  }
  await Promise.all(Array.from({ length: atOnce }, uploadSome))
}

/** Documents in this state, at most 100. */
const countOf = async (target: Target, { headers }: Account, status: string) => {
  const { json } = await target.send(`/api/documents?status=${status}&limit=100`, { headers })
  return json.items.length as number
}

const unfinished = async (target: Target, account: Account) =>
  (await countOf(target, account, "pending")) + (await countOf(target, account, "processing"))

/** One account keeps every worker busy and has hundreds of jobs waiting. */
export const fairTurns: Attack = {
  name: "3 fair turns",
  settings: { QUOTA_BYTES: "1 GB" },
  run: async (target) => {
    const [attacker, victim] = [await target.signUp(), await target.signUp()]
    const page = new Uint8Array(await pdfOf((pdf) => addTextPage(pdf, ["one page"])))
    await uploadAll(target, attacker)
    const seconds = await target.secondsToRead(victim, page, "page.pdf")
    if ((await unfinished(target, attacker)) === 0) throw new Error("the jobs ended too early to delay anybody")
    const end = performance.now() + patience
    while ((await unfinished(target, attacker)) > 0 && performance.now() < end) await sleep(500)
    return [
      {
        what: `another account's one-page PDF behind ${jobs} jobs`,
        before: "143 s behind 30 jobs",
        now: seconds,
        limit: 2,
        unit: "s"
      },
      {
        what: `of ${jobs} jobs, not done in the end`,
        before: "0",
        now: await unfinished(target, attacker),
        limit: 0,
        unit: ""
      }
    ]
  }
}
