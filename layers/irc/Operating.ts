/** What the operators of a node can do to its guests: OPER, KILL, WALLOPS. Whoever has the password is one. */
import type { Guest } from "../../services/Guests.ts"
import { harmless } from "../../src/protocol/irc/Speech.ts"
import { asGuest, atOnce, type Command, isOperator, needsMore, noSuchNick } from "./Command.ts"
import type { Lobby } from "./House.ts"
import { modeSet } from "./Modes.ts"
import type { Talk } from "./Talk.ts"

/** After so many wrong passwords a connection ends. */
const mostFailures = 3

const become = (talk: Talk, lobby: Lobby, guest: Guest) => {
  const person = talk.personOf(guest.id)
  lobby.people.set(guest.id, { ...person, modes: new Set([...person.modes, "o"]) })
  return [
    talk.numeric("RPL_YOUREOPER", "You are now an operator of this node: of its guests and their channels"),
    ...(person.modes.has("o") ? [] : [modeSet(talk, [{ letter: "o", on: true }])])
  ]
}

export const oper: Command = atOnce((talk, [name, password]) => {
  const { numeric } = talk
  if (name === undefined || password === undefined) return [needsMore(talk, "OPER")]
  const { lobby, guest } = asGuest(talk) ?? {}
  if (lobby === undefined || guest === undefined)
    return [numeric("ERR_NOOPERHOST", "The server is the only operator here")]
  if (lobby.isOperPassword === undefined) return [numeric("ERR_NOOPERHOST", "This node has no password for operators")]
  if (lobby.isOperPassword(password)) return become(talk, lobby, guest)
  const failures = (lobby.failures.get(guest) ?? 0) + 1
  lobby.failures.set(guest, failures)
  if (failures >= mostFailures) lobby.connections.get(guest)?.end("Too many wrong passwords")
  return [numeric("ERR_PASSWDMISMATCH", "Password incorrect")]
})

/** For operators alone. */
const byOperator = (
  command: string,
  act: (talk: Talk, lobby: Lobby, params: ReadonlyArray<string>) => ReturnType<Talk["numeric"]> | undefined
): Command =>
  atOnce((talk, params) => {
    const { lobby, guest } = asGuest(talk) ?? {}
    if (lobby === undefined || guest === undefined || !isOperator(talk, guest.id)) {
      return [talk.numeric("ERR_NOPRIVILEGES", "You're not an operator of this node")]
    }
    if (params[0] === undefined || params[0] === "") return [needsMore(talk, command)]
    const answer = act(talk, lobby, params)
    return answer === undefined ? [] : [answer]
  })

export const kill: Command = byOperator("KILL", (talk, lobby, [nick = "", words = "No reason given"]) => {
  const { house, members, numeric, prefixOf } = talk
  const id = members.idOf(nick)
  if (id === undefined || !members.has(id)) return noSuchNick(talk, nick)
  const guest = lobby.guests.here.get(id)
  const connection = guest === undefined ? undefined : lobby.connections.get(guest)
  if (connection === undefined) return numeric("ERR_CANTKILLSERVER", "Only guests of this node can be removed")
  const reason = `Killed (${talk.nick()} (${harmless(words)}))`
  connection.send([{ source: prefixOf(house.self.id), command: "KILL", params: [members.nickOf(id), harmless(words)] }])
  connection.end(reason)
  return undefined
})

export const wallops: Command = byOperator("WALLOPS", (talk, lobby, [words = ""]) => {
  const message = { source: talk.prefixOf(talk.house.self.id), command: "WALLOPS", params: [harmless(words)] }
  for (const [each, connection] of lobby.connections) {
    if (lobby.people.get(each.id)?.modes.has("w") === true) connection.send([message])
  }
  return undefined
})
