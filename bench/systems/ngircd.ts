/** ngIRCd: a channel, without the limits on how fast a user may talk. */
import { broker } from "./broker.ts"

export const ngircd = broker({
  name: "ngircd",
  protocol: "irc",
  command: "ngircd",
  configuration: (port) => `[Global]
Name = irc.bench.test
Info = bench
AdminInfo1 = bench
Listen = 127.0.0.1
Ports = ${port}
ServerGID = root
ServerUID = root
MotdPhrase = bench
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
NoticeBeforeRegistration = no
`,
  args: (_, file) => ["-n", "-f", file]
})
