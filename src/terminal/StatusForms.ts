/** The status in words: the state of the server, and the number of peers. */
import { absurd } from "../domain/Absurd.ts"
import type { ServerState, Status } from "../domain/Status.ts"

const serverInWords = (server: ServerState, clock: (at: number) => string): ReadonlyArray<string> => {
  switch (server._tag) {
    case "Self":
      return []
    case "Sought":
      return ["no server yet"]
    case "Up":
      return ["server up"]
    case "Down":
      return [`server down since ${clock(server.since)}`]
    case "Returning":
      return [`server returning, down since ${clock(server.since)}`]
    default:
      return absurd(server)
  }
}

const serverInFewWords = (server: ServerState, clock: (at: number) => string): ReadonlyArray<string> => {
  switch (server._tag) {
    case "Self":
      return []
    case "Sought":
      return ["no server"]
    case "Up":
      return ["server up"]
    case "Down":
      return [`down ${clock(server.since)}`]
    case "Returning":
      return ["returning"]
    default:
      return absurd(server)
  }
}

/** The status with the number of undelivered lines: the full form first, then shorter forms for narrow terminals. */
export const statusForms = (
  { connected, known, self, server }: Status,
  undelivered: number,
  clock: (at: number) => string
): readonly [string, ...ReadonlyArray<string>] => {
  const form = (server: ReadonlyArray<string>, peers: string, waiting: string) =>
    [`── ${self}`, ...server, peers, ...(undelivered === 0 ? [] : [`${undelivered} ${waiting}`])].join(" · ")
  const whole = serverInWords(server, clock)
  const peers = `${connected} of ${known} ${known === 1 ? "peer" : "peers"}`
  return [
    form(whole, peers, `${undelivered === 1 ? "line" : "lines"} not yet delivered`),
    form(whole, peers, "undelivered"),
    form(serverInFewWords(server, clock), `${connected}/${known}`, "undelivered")
  ]
}

/** The longest form. */
export const statusInWords = (...of: Parameters<typeof statusForms>): string => statusForms(...of)[0]
