import type { Mutated } from "./Mutation.ts"

const postgres = "packages/adapters/test/queue/ExtractionQueuePostgres.test.ts"
const queue = [postgres, "packages/adapters/test/queue/ExtractionQueueMemory.test.ts"]
const handler = [
  "packages/worker/test/ExtractionHandler.test.ts",
  "packages/worker/test/ExtractionResults.test.ts",
  "packages/worker/test/ExtractionWorker.test.ts"
]
const extractor = "packages/worker/test/extraction/Extractor.test.ts"
const hostile = "packages/worker/test/extraction/Extractor.hostile.test.ts"
const pdf = "packages/worker/test/extraction/Extractor.pdf.test.ts"
const pictures = "packages/worker/test/extraction/Extractor.pictures.test.ts"
const cut = "packages/worker/test/extraction/Extractor.cut.test.ts"
const isolation = "packages/worker/test/extraction/Extractor.isolation.test.ts"

/** The queue and the worker. */
export const extraction: ReadonlyArray<Mutated> = [
  {
    file: "packages/adapters/src/queue/ExtractionQueue.ts",
    tests: queue,
    changes: [
      ["three deliveries", "export const maxDeliveries = 8", "export const maxDeliveries = 3"],
      ["retries at once", "Duration.seconds(Math.min(2 ** delivery, 60))", "Duration.seconds(0)"],
      [
        "an interrupted job is a failure",
        "if (Cause.hasInterruptsOnly(exit.cause)) return store.release(job)",
        "if (Cause.hasInterruptsOnly(exit.cause)) return store.fail(job)"
      ],
      ["no cap per account", "jobs >= perAccount ? [userId] : []", "jobs > perAccount + 99 ? [userId] : []"],
      ["ended jobs count against the cap", "count(userId, -1)", "count(userId, 0)"],
      [
        "a lost job runs on",
        "Effect.raceFirst(handler(job.job, job.delivery), job.lost)",
        "handler(job.job, job.delivery)"
      ]
    ]
  },
  {
    file: "packages/adapters/src/queue/JobStorePostgres.ts",
    tests: [postgres],
    changes: [
      [
        "the lease is never renewed",
        "SET due_at = ${lease} WHERE id = ANY(${held})",
        "SET due_at = due_at WHERE id = ANY(${held})"
      ],
      ["another's job is renewed", "WHERE id = ANY(${held}) AND holder = ${holder}", "WHERE id = ANY(${held})"],
      [
        "a job that was lost is completed",
        "WHERE id = ${id} AND holder = ${holder} AND deliveries = ${delivery}",
        "WHERE id = ${id}"
      ],
      [
        "jobs in the order of their arrival",
        "ORDER BY running.jobs, first.turn, first.sequence",
        "ORDER BY first.sequence"
      ],
      [
        "running jobs do not count",
        "other.state = 'running' AND other.user_id",
        "other.state = 'done' AND other.user_id"
      ],
      ["poison is handed out for ever", "job.deliveries >= ${options.maxDeliveries}", "job.deliveries >= 1000"],
      ["release counts as a delivery", "deliveries = deliveries - 1, due_at", "deliveries = deliveries, due_at"],
      ["an offer wakes before its commit", "Effect.andThen(sql.afterCommit(wake))", "Effect.andThen(wake)"],
      [
        "a turn for each account's first job",
        "SELECT turn + 1 FROM extraction_jobs",
        "SELECT turn FROM extraction_jobs"
      ]
    ],
    explained: { "an offer wakes before its commit": "the taker looks again after half a second in any case" }
  },
  {
    file: "packages/worker/src/ExtractionResults.ts",
    tests: handler,
    changes: [
      [
        "a superseded job begins",
        "WHERE id = ${documentId} AND attempt = ${run} AND status IN ('pending', 'processing')",
        "WHERE id = ${documentId} AND status IN ('pending', 'processing')"
      ],
      [
        "a superseded job writes",
        "AND attempt = ${run} AND status = 'processing' FOR UPDATE",
        "AND status = 'processing' FOR UPDATE"
      ],
      [
        "pages of earlier runs stay",
        "yield* sql`DELETE FROM pages WHERE document_id = ${documentId}`",
        "yield* Effect.void"
      ],
      ["documents with a job are failed", "filter((id) => !pending.has(id))", "filter((id) => id !== '')"],
      [
        "every failure has one code",
        "failure_code = ${code}, failure_message = ${message},\n              page_count",
        "failure_code = 'corrupt', failure_message = ${message},\n              page_count"
      ]
    ]
  },
  {
    file: "packages/worker/src/ExtractionHandler.ts",
    tests: handler,
    changes: [
      [
        "the last delivery leaves the document",
        "const last = delivery >= maxDeliveries",
        "const last = delivery > maxDeliveries"
      ],
      ["a missing object is an interruption", "isMissing(cause) ? missing() : interrupted()", "interrupted()"],
      [
        "a failed job counts as done",
        "return yield* new JobNotDone({ cause: Cause.squash(cause) })",
        "return yield* Effect.void"
      ]
    ]
  },
  {
    file: "packages/worker/src/ExtractionWorker.ts",
    tests: ["packages/worker/test/ExtractionWorker.test.ts"],
    changes: [
      ["no worker is free for others", "const spareWorkers = 1", "const spareWorkers = 0"],
      ["no cap per account in the worker", "{ perAccount: concurrency }", "{}"],
      ["lost documents stay", "results.failAbandoned(unchangedFor)", "results.failAbandoned(Duration.hours(9))"]
    ]
  },
  {
    file: "packages/worker/src/extraction/Reading.ts",
    tests: ["packages/worker/test/extraction/Reading.test.ts"],
    changes: [
      ["a budget without a maximum", "Math.min(wanted, cpuMaxMillis)", "wanted"],
      ["pages have no budget", "cpuPageMillis * this.#begun", "cpuPageMillis"],
      ["the pages read so far are lost", "return this.#hasText() ?", "return this.#rows.length > 99 ?"],
      [
        "a document without text succeeds",
        "this.#firstFailure !== undefined && !this.#hasText()",
        "this.#firstFailure !== undefined && this.pages.length === 0"
      ]
    ]
  },
  {
    file: "packages/worker/src/extraction/ExitReason.ts",
    tests: ["packages/worker/test/extraction/ExtractorChild.test.ts", isolation],
    changes: [
      ["a kill blames the document", "code === defectExitCode || [", "code === defectExitCode && ["],
      ["out of heap is corrupt", "/heap out of memory|Allocation failed|OOM/", "/heap out of memery/"]
    ]
  },
  {
    file: "packages/worker/src/extraction/ExtractionRun.ts",
    tests: [isolation, "packages/worker/test/extraction/ExtractorChild.test.ts"],
    changes: [
      [
        "no limit of memory",
        "bytes > limits.maxResidentBytes ? outOfMemory()",
        "bytes > limits.maxResidentBytes * 99 ? outOfMemory()"
      ],
      [
        "no budget of CPU",
        "while (reading.spentMillis <= reading.budgetMillis(limits))",
        "while (reading.spentMillis >= 0)"
      ],
      ["no limit of a page", "duration: limits.pageMillis", "duration: limits.pageMillis * 99"],
      [
        "no limit of a document",
        "reading.startedAt + limits.jobMillis - now",
        "reading.startedAt + limits.jobMillis * 99 - now"
      ],
      ["a child that dies early costs the job", "isAccepted ? failOnExit", "!isAccepted ? failOnExit"],
      ["a page that failed spoils the next document", "child.spoilt = true", "child.spoilt = false"]
    ]
  },
  {
    file: "packages/worker/src/extraction/MemoryPlan.ts",
    tests: ["packages/worker/test/extraction/MemoryPlan.test.ts"],
    changes: [
      ["no reserve", "const forChildren = available - reserve(available)", "const forChildren = available"],
      ["no child at all", "Math.floor(forChildren / childBytes), 1)", "Math.floor(forChildren / childBytes), 0)"],
      ["the container's limit is ignored", "constrained > 0 ? Math.min(constrained, total) : total", "total"]
    ]
  },
  {
    file: "packages/worker/src/extraction/child/Pdf.ts",
    tests: [hostile, extractor, pdf, cut],
    changes: [
      ["any number of pages", "Math.min(document.numPages, limits.maxPages)", "document.numPages"],
      ["passwords are damage", 'cause.name === "PasswordException"', 'cause.name === "Password"'],
      ["no maps for CJK", "cMapPacked: true", "cMapPacked: false"]
    ]
  },
  {
    file: "packages/worker/src/extraction/child/Image.ts",
    tests: [hostile, extractor, pictures],
    changes: [
      ["any loader of images", 'sharp.block({ operation: ["VipsForeignLoad"] })', "sharp.cache(true)"],
      ["any number of pixels", "width * height > limits.maxPixels", "width * height > limits.maxPixels * 1_000"],
      ["images lie on their side", "      .autoOrient()\n", ""],
      ["the first frame alone", "Math.min(frames, limits.maxPages) - 1)", "0)"]
    ]
  }
]
