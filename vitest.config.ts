import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** The files that take longest, those that compute most first. The others are short, and fill what is left of the time. */
const longest = ["/test/simulation/", "/test/process/", "/test/programs/"]

/** Begins with what takes longest, so that no worker is alone with it at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((part) => moduleId.includes(part))
      return at < 0 ? longest.length : at
    }
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A limit for a test that hangs, not a measure of how long one takes: machines can be busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Twice as many as two cores: half of the tests wait for events most of the time.
    maxWorkers: 4,
    minWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // Modules are loaded once a worker: no test leaves anything behind in them.
    isolate: false,
    // Four times Node's default for new objects, nearly all of which are soon garbage. It takes an eighth off the time.
    poolOptions: { forks: { execArgv: ["--max-semi-space-size=64"] } },
    reporters: ["default"]
  }
})
