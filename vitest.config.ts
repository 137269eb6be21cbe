import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A limit for a test that hangs, not a measure of how long one takes: machines can be busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default"]
  }
})
