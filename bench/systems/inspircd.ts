/** InspIRCd: a channel, without the limits on how fast a user may talk. */
import { broker } from "./broker.ts"

const large = 2_000_000_000

export const inspircd = broker({
  name: "inspircd",
  protocol: "irc",
  command: "inspircd",
  configuration: (port, folder) => `<server name="irc.bench.test" description="bench" network="bench">
<admin name="bench" nick="bench" email="bench@bench.test">
<bind address="127.0.0.1" port="${port}" type="clients">
<path datadir="${folder}" logdir="${folder}" runtimedir="${folder}">
<pid file="${folder}/pid">
<connect allow="*" timeout="60" pingfreq="3600" hardsendq="${large}" softsendq="${large}" recvq="${large}" threshold="${large}"
 commandrate="${large}" fakelag="no" globalmax="20000" localmax="20000" maxchans="20" resolvehostnames="no" useident="no" limit="20000">
<performance netbuffersize="65534" softlimit="20000" somaxconn="511">
<options defaultmodes="">
<security maxtargets="20">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="${folder}/log">
`,
  args: (_, file) => ["--nofork", "--runasroot", `--config=${file}`]
})
