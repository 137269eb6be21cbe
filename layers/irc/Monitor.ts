/** MONITOR (IRCv3): the nicks of which one client wants to know whether they are there. */
import type { PeerId } from "../../src/domain/Peer.ts"
import { fold, isSame } from "../../src/protocol/irc/CaseMapping.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import type { Numeric } from "../../src/protocol/irc/Numeric.ts"
import { listsOf } from "../../src/protocol/irc/Pieces.ts"
import type { Change, Members } from "./Members.ts"

/** How many nicks a client may name. */
export const mostMonitored = 100

export interface Monitor {
  /** Answers `MONITOR COMMAND LIST`. */
  readonly perform: (command: string, list: string) => ReadonlyArray<Outgoing>
  /** What to tell when those with these nicks have come or gone. */
  readonly onChange: (nicks: ReadonlyArray<string>) => ReadonlyArray<Outgoing>
}

/** Which nicks are there since a change, or no more. One that only changes the case of its letters is the same nick. */
export const nicksIn = (change: Change, nickOf: (id: PeerId) => string): ReadonlyArray<string> => {
  if (change._tag !== "Renamed") return [nickOf(change.id)]
  return isSame(change.from, change.to) ? [] : [change.from, change.to]
}

interface Needs {
  readonly members: Members
  readonly prefixOf: (id: PeerId) => string
  readonly numeric: (name: Numeric, ...rest: ReadonlyArray<string>) => Outgoing
}

/** Mutable: one client's list. */
export const makeMonitor = ({ members, numeric, prefixOf }: Needs): Monitor => {
  const wanted = new Map<string, string>()

  const inLists = (name: Numeric, words: ReadonlyArray<string>): ReadonlyArray<Outgoing> =>
    listsOf(words, numeric(name)).map((list) => numeric(name, list))
  const present = (nick: string): PeerId | undefined => {
    const id = members.idOf(nick)
    return id !== undefined && members.has(id) ? id : undefined
  }
  const stateOf = (nicks: ReadonlyArray<string>): ReadonlyArray<Outgoing> => {
    const there = nicks.map((nick) => present(nick)).filter((id) => id !== undefined)
    const gone = nicks.filter((nick) => present(nick) === undefined)
    return [...inLists("RPL_MONONLINE", there.map(prefixOf)), ...inLists("RPL_MONOFFLINE", gone)]
  }
  const add = (nicks: ReadonlyArray<string>): ReadonlyArray<Outgoing> => {
    const fresh = nicks.filter((nick) => !wanted.has(fold(nick)))
    const taken = fresh.slice(0, Math.max(0, mostMonitored - wanted.size))
    const left = fresh.slice(taken.length)
    for (const nick of taken) wanted.set(fold(nick), nick)
    return [
      ...stateOf(taken),
      ...(left.length === 0
        ? []
        : [numeric("ERR_MONLISTFULL", String(mostMonitored), left.join(","), "Monitor list is full")])
    ]
  }
  const remove = (nicks: ReadonlyArray<string>): ReadonlyArray<Outgoing> => {
    for (const nick of nicks) wanted.delete(fold(nick))
    return []
  }
  const commands: ReadonlyMap<string, (nicks: ReadonlyArray<string>) => ReadonlyArray<Outgoing>> = new Map([
    ["+", add],
    ["-", remove],
    ["C", () => remove([...wanted.values()])],
    ["L", () => [...inLists("RPL_MONLIST", [...wanted.values()]), numeric("RPL_ENDOFMONLIST", "End of MONITOR list")]],
    ["S", () => stateOf([...wanted.values()])]
  ])
  return {
    perform: (command, list) => {
      const named = list.split(",").filter((nick) => nick !== "")
      const nicks = [...new Map(named.map((nick) => [fold(nick), nick])).values()]
      const run = commands.get(command.toUpperCase())
      return run?.(nicks) ?? [numeric("ERR_NEEDMOREPARAMS", "MONITOR", "MONITOR takes +, -, C, L or S")]
    },
    onChange: (nicks) => stateOf(nicks.filter((nick) => wanted.has(fold(nick))))
  }
}
