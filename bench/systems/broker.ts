/** Shared by all brokers and chat servers: a command, a port, and a protocol of their own at both ends. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import { folder, freePort, listening, start } from "../Processes.ts"
import type { System } from "./System.ts"

export interface Broker {
  readonly name: string
  readonly protocol: string
  readonly command: string
  readonly env?: Readonly<Record<string, string>>
  /** Its configuration, in the file whose name `args` gets. */
  readonly configuration?: (port: number, folder: string) => string
  readonly args: (port: number, file: string) => ReadonlyArray<string>
}

export const broker = ({ args, command, configuration, env = {}, name, protocol }: Broker): System => ({
  name,
  needs: { command },
  start: Effect.gen(function* () {
    const port = yield* freePort
    const cwd = yield* folder
    const file = `${cwd}/configuration`
    // Some servers drop their privileges and must still read it.
    Fs.chmodSync(cwd, 0o777)
    Fs.writeFileSync(file, configuration?.(port, cwd) ?? "")
    const { pid } = yield* start({ command, args: args(port, file), cwd, env })
    yield* listening(port)
    return { feed: `${protocol}:${port}`, sink: `${protocol}:${port}`, pids: [pid] }
  })
})
