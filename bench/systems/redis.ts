/** Redis: PUBLISH and SUBSCRIBE. */
import { broker } from "./broker.ts"

export const redis = broker({
  name: "redis",
  protocol: "redis",
  command: "redis-server",
  args: (port) => [
    ...[
      "--bind",
      "127.0.0.1",
      "--protected-mode",
      "no",
      "--port",
      `${port}`,
      "--save",
      "",
      "--appendonly",
      "no",
      "--maxclients",
      "12000"
    ],
    // Without these, a subscriber that falls behind would be disconnected.
    ...["--client-output-buffer-limit", "pubsub", "0", "0", "0", "--tcp-backlog", "511"]
  ]
})
