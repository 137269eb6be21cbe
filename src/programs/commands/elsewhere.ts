/** What other chats have commands for and this one has not: whoever types such a command is told what there is in its place. */

const oneRoom = "There is one room for now, and everybody is in it."

const answers: ReadonlyArray<readonly [names: string, answer: string]> = [
  ["join j channel channels list rooms window win buffer", oneRoom],
  ["part cycle hop", "There is one room for now: /quit leaves the chat."],
  ["topic", "There is one room for now, and it has no topic."],
  [
    "msg m query q notice whisper w dm pm tell",
    "There are no private messages for now: there is one room, and what is said is said to all."
  ],
  [
    "nick name rename",
    "An id can't be changed in the chat: leave, and come back with another one (outlive client ID PORT1 PORT2)."
  ],
  [
    "away back afk",
    "Nobody is marked as away. /me is away tells the others; what is said meanwhile stands here later."
  ],
  ["clear cls", "Ctrl-L clears the screen."],
  [
    "set alias config settings",
    "Settings are given at the start: outlive config lists them, outlive help client explains them."
  ],
  [
    "op deop voice devoice mode owner",
    "There are no operators. At the server of a secure chat, /kick, /ban and /unban say who takes part."
  ],
  ["invite", "An invitation is printed on the server's machine: outlive invite."],
  ["connect reconnect server", "The server and the others are found without a command: /status tells how it is."],
  ["highlight hilight", "Words that call you are given at the start: --highlight WORD. /mentions shows who called."],
  ["version", "outlive --version tells the version."]
]

/** The answers by their commands' names. */
export const elsewhere: ReadonlyMap<string, string> = new Map(
  answers.flatMap(([names, answer]) => names.split(" ").map((name) => [name, answer] as const))
)
