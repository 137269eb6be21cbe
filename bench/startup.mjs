/** How long `./server --version` takes beside a bare node: `node bench/startup.mjs [ROUNDS]`. Interleaved; medians. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const rounds = Number(process.argv[2] ?? 21)
const server = fileURLToPath(new URL("../server", import.meta.url))
const programs = {
  "node -e 0": [process.execPath, "-e", "0"],
  "./server --version": [server, "--version"]
}

const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]))
for (let round = 0; round < rounds; round += 1) {
  for (const [name, [command, ...args]] of Object.entries(programs)) {
    const begin = process.hrtime.bigint()
    const { status } = spawnSync(command, args, { stdio: "ignore" })
    if (status !== 0) throw new Error(`${name} ended with status ${status}`)
    times[name].push(Number(process.hrtime.bigint() - begin) / 1e6)
  }
}

const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]
const medians = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]))
for (const [name, millis] of Object.entries(medians)) console.log(`${name.padEnd(20)} ${millis.toFixed(0)} ms`)
console.log(
  `ratio ${(medians["./server --version"] / medians["node -e 0"]).toFixed(2)} (${rounds} rounds, node ${process.version})`
)
