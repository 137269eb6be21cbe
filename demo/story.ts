/** The story: what is done, and every line that must come of it, once on each screen that is named. */
import * as Data from "effect/Data"

export const server = "Server"
export const clients = ["Client 1", "Client 2", "Client 3", "Client 4", "Client 5"] as const
export type Name = typeof server | (typeof clients)[number]
export const everyone: ReadonlyArray<Name> = [server, ...clients]

export type Act = Data.TaggedEnum<{
  Start: { readonly who: Name }
  Type: { readonly who: Name; readonly line: string }
  /** SIGKILL: without a word. */
  Kill: { readonly who: Name }
}>
const { Kill, Start, Type } = Data.taggedEnum<Act>()

/** A line that must come. A notice is named by its beginning. */
export interface Expected {
  readonly screen: Name
  readonly text: string
}

export interface Step {
  readonly caption: string
  readonly act: Act
  readonly expected: ReadonlyArray<Expected>
}

/** How a screen says that its program is over. */
export const endedText = "(ended with status 0)"
export const killedText = "(killed by SIGKILL)"

const on = (screens: ReadonlyArray<Name>, text: string): ReadonlyArray<Expected> =>
  screens.map((screen) => ({ screen, text }))

const start = (who: Name, caption: string, ...expected: ReadonlyArray<ReadonlyArray<Expected>>): Step => ({
  caption,
  act: Start({ who }),
  expected: expected.flat()
})

/** What someone says is on everyone else's screen. */
const say = (
  who: Name,
  line: string,
  audience: ReadonlyArray<Name>,
  caption = `${who} says something to all.`
): Step => ({
  caption,
  act: Type({ who, line }),
  expected: on(
    audience.filter((name) => name !== who),
    `${who}: ${line}`
  )
})

/** Whoever types Exit ends well; those who stay are told. */
const exit = (who: Name, caption: string, staying: ReadonlyArray<Name>, told: string): Step => ({
  caption,
  act: Type({ who, line: "Exit" }),
  expected: [...on([who], endedText), ...on(staying, told)]
})

const joining = clients.map((newcomer, index) => {
  const there = clients.slice(0, index)
  return start(
    newcomer,
    index === 0
      ? "Client 1 joins at the server's known port."
      : `${newcomer} joins: the server introduces it, and it links directly to those who are there.`,
    on([server, newcomer, ...there], `${newcomer}: initiated`),
    there.flatMap((other) => on([newcomer], `${other}: initiated`))
  )
})

const listens = on([server], "* The server listens at localhost:")
const everyoneIsBack = [
  ...on(clients, "Server: initiated"),
  ...clients.flatMap((client) => on([server], `${client}: reconnected`))
]

const staying = clients.filter((client) => client !== "Client 3")

export const story: ReadonlyArray<Step> = [
  start(server, "A server starts.", listens),
  ...joining,
  say("Client 2", "hello, all", everyone),
  say(server, "welcome, all five", everyone, "The server is one of them."),

  exit(server, "Exit is typed at the server.", clients, "Server: terminated."),
  say("Client 1", "is anybody there?", clients, "The five go on without it."),
  say("Client 4", "all of us are", clients, "Client 4 answers Client 1 over their own link."),

  start(server, "The server starts again: it reads ports.txt and calls everybody back.", listens, everyoneIsBack),
  say(server, "what did I miss?", everyone, "Everything is as before."),
  say("Client 5", "nothing to speak of", everyone, "Client 5 answers."),

  {
    caption: "Now the server is killed, without a word (SIGKILL).",
    act: Kill({ who: server }),
    expected: [...on([server], killedText), ...on(clients, "* Server is lost:")]
  },
  say("Client 3", "we are used to it", clients, "The five go on, again."),

  start(server, "The server returns, and everybody is there.", listens, everyoneIsBack),
  say(server, "here I am again", everyone, "Everything is as before, again."),

  exit("Client 3", "Client 3 leaves.", [server, ...staying], "* Client 3 left"),
  say("Client 1", "good night", [server, ...staying], "Those who stay talk on."),
  exit(server, "The server ends for good.", staying, "Server: terminated."),
  ...staying.map((client, index) => exit(client, `${client} leaves.`, staying.slice(index + 1), `* ${client} left`))
]
