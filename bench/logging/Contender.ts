import type { ChildProcess } from "node:child_process"
import { readFileSync } from "node:fs"
import autocannon from "autocannon"

const connections = 50
const seconds = 3
const rounds = 7
// USER_HZ, which is 100 on every Linux that Node supports.
const microsPerTick = 10_000

/** A server under load. */
export class Contender {
  readonly name: string
  readonly process: ChildProcess
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Requests per second, by round. */
  readonly rates: Array<number> = []
  /** CPU time of the process per request, in microseconds, by round. */
  readonly micros: Array<number> = []

  constructor(name: string, process: ChildProcess, url: string, headers: Readonly<Record<string, string>> = {}) {
    this.name = name
    this.process = process
    this.url = url
    this.headers = headers
  }

  /** utime and stime of proc(5). */
  get #cpuMicros() {
    const fields = readFileSync(`/proc/${this.process.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    return (Number(fields[11]) + Number(fields[12])) * microsPerTick
  }

  async load() {
    const before = this.#cpuMicros
    const { requests, non2xx, errors } = await autocannon({
      url: this.url,
      headers: { ...this.headers },
      connections,
      duration: seconds
    })
    if (non2xx + errors > 0) throw new Error(`${this.name}: ${non2xx} responses other than 2xx, ${errors} errors`)
    this.rates.push(requests.total / seconds)
    this.micros.push((this.#cpuMicros - before) / requests.total)
  }
}

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
// Compares the same rounds, in which other load affected both. The first round is a warm-up.
const versus = (values: ReadonlyArray<number>, base: ReadonlyArray<number>) =>
  median(values.slice(1).map((value, round) => value / (base[round + 1] ?? Number.NaN)))
const percent = (part: number) => `${(part * 100).toFixed(1)} %`

/** Runs the contenders in turn, compares each with the first, and returns how many requests fewer they serve, by name. */
export const race = async (
  title: string,
  contenders: ReadonlyArray<Contender>
): Promise<ReadonlyMap<string, number>> => {
  for (let round = 0; round <= rounds; round++) for (const contender of contenders) await contender.load()
  console.log(`${title}, ${connections} connections, median of ${rounds} rounds of ${seconds} s`)
  const [first] = contenders
  return new Map(
    contenders.map(({ name, rates, micros }) => {
      const fewer = 1 - versus(rates, first?.rates ?? [])
      const more = versus(micros, first?.micros ?? []) - 1
      const compared = rates === first?.rates ? "" : ` (${percent(fewer)} fewer; CPU ${percent(more)} more)`
      console.log(
        `  ${name.padEnd(12)} ${median(rates.slice(1)).toFixed(0)} requests/s, ${median(micros.slice(1)).toFixed(0)} us of CPU each${compared}`
      )
      return [name, fewer]
    })
  )
}
