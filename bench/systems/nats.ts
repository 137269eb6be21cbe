/** NATS: PUB and SUB, no JetStream. */
import * as Os from "node:os"
import { broker } from "./broker.ts"

export const nats = broker({
  name: "nats",
  protocol: "nats",
  command: "nats-server",
  // As many threads as it has cores: one is the load generator's. With one more, it would bring a fifth less.
  env: { GOMAXPROCS: `${Math.max(1, Os.availableParallelism() - 1)}` },
  args: (port) => ["--addr", "127.0.0.1", "--port", `${port}`]
})
