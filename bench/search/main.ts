import * as Database from "@kite/adapters/postgres/Database"
import { EmbeddedPostgres } from "@kite/adapters/postgres/embedded/EmbeddedPostgres"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { UserId } from "@kite/domain/users/User"
import { DocumentRepository } from "@kite/server/documents/DocumentRepository"
import { Search, type SearchQuery } from "@kite/server/search/Search"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { fillShelf } from "./Shelf.ts"

/** 100,000 documents, a fifth in the account that searches; with more: `node bench/search/main.ts 1000000`. */
const documents = Number(process.argv[2] ?? 100_000)
const searched = documents / 5
const rounds = 30
const goal = 20

const queries: ReadonlyArray<SearchQuery> = [
  { q: "needle" },
  { q: "seldom" },
  { q: "common" },
  { q: "scan" },
  { q: "pdf" },
  { q: "nowhere" },
  { q: "common nowhere" },
  { q: "word1 word2" },
  { q: "word20000 word3" },
  { q: "word1500" },
  { q: "word150" },
  { q: "word15" },
  { q: "word1234*" },
  { q: "need*" },
  { q: "com*" },
  { q: "w*" },
  { q: "nowh*" },
  { q: "common -scan" },
  { q: "needle OR seldom" },
  { q: "common", sort: "filename" },
  { q: "needle", sort: "filename" },
  { q: "seldom", status: "failed" },
  { q: "common", status: "failed" }
]

const median = (times: ReadonlyArray<number>) => times.toSorted((left, right) => left - right)[times.length >> 1] ?? 0

const report = (name: string, times: ReadonlyArray<number>, hits: number) => {
  const slowest = Math.max(...times)
  const verdict = median(times) < goal ? "" : "  TOO SLOW"
  console.log(
    `${name.padEnd(40)} ${String(hits).padStart(3)} hits  best ${Math.min(...times).toFixed(1)} ms, median ${median(times).toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms${verdict}`
  )
  return median(times) < goal
}

const timed = Effect.fnUntraced(function* <E>(name: string, run: Effect.Effect<ReadonlyArray<unknown>, E>) {
  const times: Array<number> = []
  let hits = 0
  // More than PostgreSQL plans anew for each call: the generic plans count too.
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    hits = (yield* run).length
    times.push(performance.now() - start)
  }
  return report(name, times, hits)
})

const measure = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const search = yield* Search
  const repository = yield* DocumentRepository
  const start = performance.now()
  const owner = UserId.make(yield* fillShelf({ documents, searched }))
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  const [size] = yield* sql<{ index: string; rows: string }>`SELECT
    pg_size_pretty(pg_relation_size('search_terms_by_account')) AS index, pg_size_pretty(pg_table_size('search_terms')) AS rows`
  console.log(
    `${documents} documents, ${searched} of them searched, made in ${seconds} s; index ${size?.index}, rows ${size?.rows}`
  )
  const results: Array<boolean> = []
  for (const query of queries) {
    const items = Effect.map(search.find(owner, query, 20), (page) => page.items)
    results.push(yield* timed(JSON.stringify(query), items))
  }
  for (const status of ["failed", "ready", "pending"] as const) {
    for (const sort of ["-createdAt", "filename"] as const) {
      const rows = repository.list(owner, { filter: { status }, sort, limit: 21, after: Option.none() })
      results.push(yield* timed(JSON.stringify({ status, sort }), rows))
    }
  }
  return results.every(Boolean)
})

const program = Effect.gen(function* () {
  const dataDir = process.env["BENCH_DATA_DIR"] ?? (yield* temporaryDirectory)
  const settings = {
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    max_wal_size: "4GB",
    shared_buffers: "256MB",
    maintenance_work_mem: "512MB"
  }
  const { url } = yield* EmbeddedPostgres.use(Effect.succeed).pipe(
    Effect.provide(yield* Layer.build(EmbeddedPostgres.layer({ dataDir, settings })))
  )
  yield* Migrations.migrate(url)
  return yield* measure.pipe(
    Effect.provide(
      Layer.mergeAll(Search.layer, DocumentRepository.layer).pipe(
        Layer.provideMerge(Database.layerUrl(url, { statementTimeout: "15 minutes" }))
      )
    )
  )
}).pipe(Effect.scoped)

process.exitCode = (await Effect.runPromise(program)) ? 0 : 1
