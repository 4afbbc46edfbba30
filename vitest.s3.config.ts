import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/s3/**/*.s3.ts"],
    globalSetup: "test/s3/GlobalSetup.ts",
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 60_000
  }
})
