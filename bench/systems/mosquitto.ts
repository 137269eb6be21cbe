/** Mosquitto: MQTT at quality of service 0. */
import { broker } from "./broker.ts"

export const mosquitto = broker({
  name: "mosquitto",
  protocol: "mqtt",
  command: "mosquitto",
  configuration: (port) =>
    `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\nlog_dest none\nuser root\n`,
  args: (_, file) => ["-c", file]
})
