import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: "packages/testkit/src/GlobalSetup.ts",
    pool: "forks",
    // Many tests wait, for locks, time-outs and processes: on two cores, three workers take 412 s, two 473 s.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
})
