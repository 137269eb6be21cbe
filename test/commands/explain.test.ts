/** What is said of a command line that is wrong. */
import * as Option from "effect/Option"
import { assert, describe, it } from "vitest"
import { isName } from "../../src/commands/all.ts"
import { described } from "../../src/commands/describe.ts"
import { explained, lacksAll, unknownCommand } from "../../src/commands/explain.ts"

const said = (line: string) => {
  const [name = "", ...words] = line.split(" ")
  if (!isName(name)) return unknownCommand(name)
  return Option.getOrUndefined(explained(words, described(name)))
}

const cases: ReadonlyArray<readonly [line: string, sentence: string | undefined]> = [
  ["clinet 1 0 0", "There is no command 'clinet'; did you mean client? See outlive --help."],
  ["xyzzy", "There is no command 'xyzzy'. See outlive --help."],
  ["server --port", "--port needs a value: --port PORT. See outlive server --help."],
  ["server --port --host x", "--port needs a value: --port PORT. See outlive server --help."],
  [
    "client 1 0 0 --srever x:1",
    "outlive client has no option --srever; did you mean --server? See outlive client --help."
  ],
  ["server --xyzzy", "outlive server has no option --xyzzy. See outlive server --help."],
  ["doctor --log-level info", "outlive doctor has no option --log-level. See outlive doctor --help."],
  ["server -p 4000", "outlive server has no option -p; did you mean --port? See outlive server --help."],
  ["server --port 1 --port 2", "--port is given twice. See outlive server --help."],
  ["client 1 0", "PORT2 is missing. Usage: outlive client ID PORT1 PORT2 [OPTIONS]. See outlive client --help."],
  [
    "client 1",
    "PORT1 and PORT2 are missing. Usage: outlive client ID PORT1 PORT2 [OPTIONS]. See outlive client --help."
  ],
  [
    "client 1 0 0 0",
    "'0' is one argument too many. Usage: outlive client ID PORT1 PORT2 [OPTIONS]. See outlive client --help."
  ],
  ["--port 1", "'--port' stands where a command should stand: options come behind it. See outlive --help."],
  ["server --rooms some", "--rooms is one of all, none, not 'some'. See outlive server --help."],
  ["completions --shell csh", "--shell is one of bash, zsh, fish, not 'csh'. See outlive completions --help."],
  ["server --rooms none", undefined],
  [
    "send -- - --server x:1",
    "'--server' is one argument too many. Usage: outlive send [TEXT] [OPTIONS]. See outlive send --help."
  ],
  ["server --port=70000", undefined],
  ["client no/id 0 0 --json", undefined],
  ["client 1 0 -1", undefined]
]

describe("of a command line that is wrong it is said what is, for", () => {
  for (const [line, sentence] of cases) it(line, () => assert.strictEqual(said(line), sentence))
})

it("who gives nothing to a command that needs something is shown its help", () => {
  assert.isTrue(lacksAll([], described("client")))
  assert.isFalse(lacksAll([], described("server")))
  assert.isFalse(lacksAll(["1"], described("client")))
})
