/** Commands of other chat programs that this one lacks. The answer to each names the replacement here. */

const answers: ReadonlyArray<readonly [names: string, answer: string]> = [
  [
    "nick name rename",
    "An id can't be changed while you are here: leave, and join with another one (outlive client ID PORT1 PORT2)."
  ],
  [
    "away back afk",
    "Nobody is marked as away. /me is away tells the others; you can read later what they send meanwhile."
  ],
  ["clear cls", "Ctrl-L clears the screen."],
  [
    "set alias config settings",
    "Settings are given at the start: outlive config lists them, outlive help client explains them."
  ],
  [
    "op deop voice devoice mode owner",
    "There are no operators. At the server of a secure chat, /kick, /ban and /unban decide who takes part."
  ],
  ["invite", "To print an invitation, run outlive invite on the server's machine."],
  ["connect reconnect server", "This node finds the server and the others by itself: /status shows the links."],
  [
    "highlight hilight",
    "Give the words that count as a mention at the start: --highlight WORD. /mentions shows such lines."
  ],
  ["version", "outlive --version shows the version."],
  ["quote raw ctcp motd oper lusers", "That is a command of IRC servers, and no IRC server is here."],
  ["notice", "/msg says a line to somebody alone, and /me says what you do."],
  ["reply r", "Name the reader: /msg ID TEXT."],
  ["time date", "With --times, each line begins with its time. /history shows when a line was said."]
]

/** The answers by the names of the commands. */
export const elsewhere: ReadonlyMap<string, string> = new Map(
  answers.flatMap(([names, answer]) => names.split(" ").map((name) => [name, answer] as const))
)
