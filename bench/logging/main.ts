import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import autocannon from "autocannon"

// What logging costs GET /api/documents: servers with each kind of log take turns under the same load.
const names = ["off", "kite", "sonic-boom", "console.log"]
const rounds = 7
const seconds = 3
const connections = 50
const goal = 0.1

const program = fileURLToPath(new URL("./Contender.ts", import.meta.url))

interface Contender {
  readonly name: string
  readonly child: ChildProcess
  readonly url: string
  /** Requests per second, by round. */
  readonly rates: Array<number>
  /** CPU time of the server per request, in microseconds, by round. */
  readonly micros: Array<number>
}

const start = async (name: string): Promise<Contender> => {
  const child = fork(program, [name], { stdio: ["ignore", "pipe", "inherit", "ipc"] })
  // The log has a reader, as it has in a container.
  child.stdout?.resume()
  const [url] = await once(child, "message")
  return { name, child, url: String(url), rates: [], micros: [] }
}

const cpuMicros = async ({ child }: Contender) => {
  child.send("usage")
  const [usage] = await once(child, "message")
  return Number(usage.user) + Number(usage.system)
}

const load = async (contender: Contender) => {
  const { url, name } = contender
  const before = await cpuMicros(contender)
  const { requests, non2xx, errors } = await autocannon({ url: `${url}/api/documents`, connections, duration: seconds })
  if (non2xx + errors > 0) throw new Error(`${name}: ${non2xx} answers other than 2xx, ${errors} errors`)
  contender.rates.push(requests.total / seconds)
  contender.micros.push(((await cpuMicros(contender)) - before) / requests.total)
}

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

const contenders = await Promise.all(names.map(start))
try {
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) await load(contender)
  }
} finally {
  for (const { child } of contenders) child.kill("SIGKILL")
}

// The first round warms up. Round by round against the same round: what else the machine did then hit both.
const versus = (values: ReadonlyArray<number>, base: ReadonlyArray<number>) =>
  median(values.slice(1).map((value, round) => value / (base[round + 1] ?? Number.NaN)))
const percent = (part: number) => `${(part * 100).toFixed(1)} %`

const [off, ...on] = contenders
const { rates = [], micros = [] } = off ?? {}
console.log(
  `GET /api/documents without its query, ${connections} connections, median of ${rounds} rounds of ${seconds} s`
)
console.log(
  `  ${"logging off".padEnd(12)} ${median(rates).toFixed(0)} requests/s, ${median(micros).toFixed(0)} us of CPU each`
)
for (const contender of on) {
  const fewer = percent(1 - versus(contender.rates, rates))
  const more = percent(versus(contender.micros, micros) - 1)
  console.log(
    `  ${contender.name.padEnd(12)} ${median(contender.rates).toFixed(0)} requests/s (${fewer} fewer), ` +
      `${median(contender.micros).toFixed(0)} us of CPU each (${more} more)`
  )
}
const kite = on.find(({ name }) => name === "kite")
const cost = 1 - versus(kite?.rates ?? [], rates)
console.log(`  goal: less than ${percent(goal)} fewer: ${cost < goal ? "met" : "missed"}`)
process.exitCode = cost < goal ? 0 : 1
