import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Figure, isRepelled, type Outcome, tableOf } from "../../bench/attack/Attack.ts"

const main = fileURLToPath(new URL("../../bench/attack/main.ts", import.meta.url))

const figure: Figure = { what: "guesses checked", before: "all", now: 10, limit: 10, unit: "of 60" }
const outcome = (...figures: ReadonlyArray<Figure>): Outcome => ({ name: "9 lock-out", seconds: 1, figures })

it("an attack is repelled if it stays within every limit", () => {
  assert.isTrue(isRepelled(outcome(figure, figure)))
  assert.isFalse(isRepelled(outcome(figure, { ...figure, now: 10.1 })))
})

it("an attack that could not be carried out or measured is not repelled", () => {
  assert.isFalse(isRepelled({ ...outcome(figure), error: "kite ended" }))
  assert.isFalse(isRepelled(outcome()))
  assert.isFalse(isRepelled(outcome({ ...figure, now: Number.NaN })))
  assert.include(tableOf([outcome()]), "FAILED")
})

it("the table shows each figure beside what it was, and what failed", () => {
  const table = tableOf([outcome(figure, { ...figure, what: "seconds", now: 900, limit: 0, unit: "s" })])
  assert.match(table, /^9 lock-out +guesses checked +all +10 of 60 +10 of 60 +ok$/m)
  assert.match(table, /^9 lock-out +seconds +all +900 s +0 s +FAILED$/m)
  assert.include(tableOf([{ ...outcome(), error: "kite ended" }]), "kite ended")
})

/** The exit code and the output of `npm run attack` with these names. */
const attack = (...names: ReadonlyArray<string>) =>
  Effect.callback<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resume) => {
    const child = execFile(process.execPath, [main, ...names], { timeout: 100_000 }, (_error, stdout, stderr) =>
      resume(Effect.succeed({ code: child.exitCode, stdout, stderr }))
    )
  })

it.live("an unknown attack is refused with the names of all", () =>
  Effect.gen(function* () {
    const { code, stderr } = yield* attack("lock-in")
    assert.strictEqual(code, 2)
    assert.match(stderr, /no attack named lock-in\. There are: indexing, .*, lock-out/)
  })
)

it.live(
  "the attacks on logins are repelled",
  () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* attack("lock-out")
      assert.strictEqual(code, 0, stdout)
      assert.match(stdout, /^9 lock-out +guesses of strangers that were checked +10 +10 of 60 +10 of 60 +ok$/m)
    }),
  110_000
)
