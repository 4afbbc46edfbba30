import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/contract/*.contract.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 500_000,
    hookTimeout: 400_000
  }
})
