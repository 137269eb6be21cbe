/** NATS: PUB and SUB, no JetStream. */
import { broker } from "./broker.ts"

export const nats = broker({
  name: "nats",
  protocol: "nats",
  command: "nats-server",
  args: (port) => ["--addr", "127.0.0.1", "--port", `${port}`]
})
