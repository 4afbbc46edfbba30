import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"

const concurrency = 50
const seconds = 10
/** Pause between two requests of the reader, in ms, so that it adds little load. */
const pause = 10

const account = (index: number) => ({ email: `bench${index}@example.org`, password: "up, up and away 9" })
const post = (url: string, body: unknown) =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })

const timed = async (work: () => Promise<Response>, expected: number) => {
  const start = performance.now()
  const response = await work()
  await response.arrayBuffer()
  if (response.status !== expected) throw new Error(`${response.url}: ${response.status}`)
  return performance.now() - start
}

const until = async (end: number, work: () => Promise<number>, wait: number) => {
  const times: Array<number> = []
  while (performance.now() < end) {
    times.push(await work())
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  }
  return times
}

const percentile = (times: ReadonlyArray<number>, share: number) =>
  times.toSorted((left, right) => left - right)[Math.floor(times.length * share)] ?? Number.NaN

/** Times in ms. */
const summary = (times: ReadonlyArray<number>) => ({
  count: times.length,
  p50: percentile(times, 0.5),
  p99: percentile(times, 0.99),
  max: Math.max(...times)
})

const run = async (url: string) => {
  for (let index = 0; index < concurrency; index++) await post(`${url}/api/auth/register`, account(index))
  const { accessToken } = Object(await (await post(`${url}/api/auth/login`, account(0))).json())
  const headers = { authorization: `Bearer ${accessToken}` }
  const read = () => timed(() => fetch(`${url}/api/documents`, { headers }), 200)
  await until(performance.now() + 2_000, read, pause)
  const idle = await until(performance.now() + 3_000, read, pause)
  const end = performance.now() + seconds * 1_000
  const [reads, ...logins] = await Promise.all([
    until(end, read, pause),
    ...Array.from({ length: concurrency }, (_, index) =>
      until(end, () => timed(() => post(`${url}/api/auth/login`, account(index)), 200), 0)
    )
  ])
  return { idle: summary(idle), reads: summary(reads), logins: summary(logins.flat()), seconds }
}

const unlimited = "1000000/1s"
const limits = {
  RATE_LIMIT_AUTH_IP: unlimited,
  RATE_LIMIT_LOGIN_ACCOUNT: unlimited,
  RATE_LIMIT_ACCOUNT: unlimited,
  RATE_LIMIT_IP: unlimited
}

/** 50 clients log in repeatedly for 10 s, while one reads the list of documents. */
export const measureLogins = Effect.scoped(
  Effect.gen(function* () {
    const { url } = yield* startKite({ DATA_DIR: yield* temporaryDirectory, ...limits })
    return yield* Effect.promise(() => run(url))
  })
)
