import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { LogLine } from "@kite/adapters/logging/LogLine"
import { childrenOf } from "@kite/testkit/processes/Processes"
import { Schema } from "effect"

const program = fileURLToPath(new URL("./LoggingProgram.ts", import.meta.url))
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(LogLine), { onExcessProperty: "error" })
const Facts = Schema.Struct({
  logged: Schema.Int,
  at: Schema.optionalKey(Schema.Finite),
  lagMillis: Schema.optionalKey(Schema.Finite)
})
const decodeFacts = Schema.decodeUnknownSync(Schema.fromJsonString(Facts))

/** A process that logs. Its stdout is read from the beginning, unless the test starts reading later. */
class Logging {
  stdout = ""
  stderr = ""
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>

  constructor(name: string, read: "now" | "later" = "now") {
    this.child = spawn(process.execPath, [program, name], { stdio: ["ignore", "pipe", "pipe"] })
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text
    })
    if (read === "now") this.read()
    this.ended = once(this.child, "close").then(([code, signal]) => ({ code, signal }))
  }

  read() {
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text
    })
  }

  /** Waits until the process has reported that many facts. */
  async said(count: number) {
    while (this.stderr.split("\n").length <= count) await once(this.child.stderr ?? this.child, "data")
  }

  get lines(): ReadonlyArray<LogLine> {
    const lines = this.stdout.split("\n")
    assert.strictEqual(lines.pop(), "", "the last line is whole")
    return lines.map((line) => decode(line))
  }

  get facts() {
    return this.stderr
      .trim()
      .split("\n")
      .map((line) => decodeFacts(line))
  }
}

/** Whether a child of this process still runs the program. A child that ends in between has no command line. */
const runsProgram = (pid: number) =>
  childrenOf(pid).some((child) => {
    const path = `/proc/${child}/cmdline`
    return fs.existsSync(path) && fs.readFileSync(path, "utf8").includes("LoggingProgram")
  })

const attempts = (lines: ReadonlyArray<LogLine>) =>
  lines.flatMap(({ attempt }) => (attempt === undefined ? [] : [attempt]))
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

describe("the sink on stdout", () => {
  it("loses no line on SIGTERM", async () => {
    const process = new Logging("stoppable")
    await once(process.child.stdout ?? process.child, "data")
    process.child.kill("SIGTERM")
    await process.ended
    const logged = process.facts.at(-1)?.logged ?? 0
    assert.isAbove(logged, 0)
    assert.deepStrictEqual(attempts(process.lines), upTo(logged))
    assert.strictEqual(process.lines.at(-1)?.message, "Stopped")
  })

  it("loses on SIGKILL at most what was logged in the last 100 ms", async () => {
    const process = new Logging("steady")
    await process.said(150)
    process.child.kill("SIGKILL")
    await process.ended
    const whole = process.stdout.slice(0, process.stdout.lastIndexOf("\n") + 1)
    process.stdout = whole
    const kept = attempts(process.lines)
    assert.deepStrictEqual(kept, upTo(kept.length))
    const facts = process.facts
    const end = facts.at(-1)?.at ?? 0
    const due = facts.filter(({ at }) => (at ?? 0) < end - 100)
    assert.isAbove(due.length, 0)
    assert.isAtLeast(kept.length, due.at(-1)?.logged ?? 0)
  })

  it("writes its buffer when the process exits", async () => {
    const process = new Logging("exits")
    assert.strictEqual((await process.ended).code, 3)
    assert.deepStrictEqual(attempts(process.lines), upTo(1_000))
  })

  it.each(["throws", "rejects"])("writes its buffer and the reason when the process crashes: it %s", async (name) => {
    const process = new Logging(name)
    assert.strictEqual((await process.ended).code, 1)
    assert.deepStrictEqual(attempts(process.lines), upTo(10))
    const last = process.lines.at(-1)
    assert.deepInclude(last, { level: "fatal", event: "crashed" })
    assert.strictEqual(last?.error?.type, "TypeError")
  })

  it("neither blocks the process nor delays its exit while nobody reads", async () => {
    const process = new Logging("flood", "later")
    await process.said(1)
    const saidAt = performance.now()
    assert.strictEqual(await once(process.child, "exit").then(([code]) => code), 3)
    assert.isBelow(performance.now() - saidAt, 5_000, "a reader that stopped does not hold the exit")
    const { logged, lagMillis } = process.facts[0] ?? { logged: 0 }
    assert.strictEqual(logged, 40_000)
    assert.isBelow(lagMillis ?? Number.POSITIVE_INFINITY, 1_000)
    process.child.stdout?.destroy()
  })

  it("does not block or delay it with a pipe of the shell either", async () => {
    const shell = spawn("sh", ["-c", `"${process.execPath}" "${program}" flood | sleep 20`], {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true
    })
    const said = await once(shell.stderr, "data")
    assert.strictEqual(decodeFacts(String(said[0]).trim()).logged, 40_000)
    // Node closed its stderr when it exited, but sleep inherited it too: only the process list shows who runs.
    const gone = Date.now() + 5_000
    const alive = () => runsProgram(shell.pid ?? 0)
    while (alive() && Date.now() < gone) await new Promise((resolve) => setTimeout(resolve, 50))
    assert.isFalse(alive(), "a reader that stopped does not hold the exit")
    process.kill(-(shell.pid ?? 0), "SIGKILL")
  })

  it("counts dropped lines and reports them once somebody reads again", async () => {
    const process = new Logging("patient", "later")
    await process.said(1)
    process.read()
    assert.strictEqual((await process.ended).code, 3)
    const notices = process.lines.filter(({ event }) => event === "log_lines_dropped")
    const dropped = notices.reduce((sum, line) => sum + (line.dropped ?? 0), 0)
    assert.isAbove(dropped, 0)
    assert.strictEqual(attempts(process.lines).length + dropped, process.facts[0]?.logged)
    // A reader that does not get the notice sees the same by the numbers of the lines.
    assert.lengthOf(new Set(process.lines.map(({ boot }) => boot)), 1)
    assert.strictEqual(Math.max(...process.lines.map(({ seq }) => seq)) - process.lines.length, dropped)
  })

  it("keeps running when stdout is on a full disk", async () => {
    const shell = spawn("sh", ["-c", `"${process.execPath}" "${program}" exits > /dev/full`], { stdio: "ignore" })
    assert.strictEqual(await once(shell, "exit").then(([code]) => code), 3)
  })

  it("keeps running when stdout is closed", async () => {
    const process = new Logging("flood", "later")
    process.child.stdout?.destroy()
    assert.strictEqual((await process.ended).code, 3)
    assert.strictEqual(process.facts[0]?.logged, 40_000)
  })
})
