import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A limit for a test that hangs, not a measure of how long one takes: machines can be busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest leaves one core to itself, and so half of two; most of these tests wait for events.
    maxWorkers: 2,
    minWorkers: 2,
    // Modules are loaded once a worker: no test leaves anything behind in them.
    isolate: false,
    reporters: ["default"]
  }
})
