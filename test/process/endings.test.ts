/** How programs end: the status that a script sees, whatever becomes of stdin, stdout and stderr. */
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { make, type Stage } from "./Stage.ts"

const root = Path.resolve(import.meta.dirname, "../..")

/** Runs a line of the shell, in which `$R` is the project's folder. */
const shell = (stage: Stage, line: string) =>
  stage.start(line, ["bash", "-c", `set -o pipefail; ${line}`], { env: { R: root, HOME: stage.folder } })

const lost = /^outlive: Some output is lost: stdout can't be written \(.+\)\.$/

/** Ends with that status, and says that on stderr; without a sentence, nothing of its own. */
const endsWith = (stage: Stage, line: string, status: number, sentence?: RegExp) =>
  Effect.gen(function* () {
    const actor = yield* shell(stage, line)
    assert.strictEqual(yield* actor.ends, status, `${line}\n${actor.err.join("\n")}`)
    if (sentence === undefined)
      assert.isEmpty(
        actor.err.filter((said) => said.startsWith("outlive:")),
        line
      )
    else
      assert.isTrue(
        actor.err.some((said) => sentence.test(said)),
        `${line}\n${actor.err.join("\n")}`
      )
    return actor
  })

/** Not all at once: a machine of two cores would start none of them in time. */
const inTurns = <A, E>(tries: ReadonlyArray<Effect.Effect<A, E>>) => Effect.all(tries, { concurrency: 3 })

describe("the status of a program", () => {
  it.scopedLive("is 1 if what it has to show can't be written, and 0 if its reader has seen enough", () =>
    Effect.gen(function* () {
      const stage = yield* make
      yield* inTurns([
        ...["config", "help", "--version", "client --help", "completions --shell zsh", "invite --server x:1"].map(
          (args) => endsWith(stage, `$R/outlive ${args} >/dev/full`, 1, lost)
        ),
        endsWith(stage, "$R/outlive config | head -1 >/dev/null", 0),
        endsWith(stage, "$R/outlive --version 2>/dev/full", 0)
      ])
      const [port] = yield* stage.freePorts(1)
      const server = yield* stage.server(port)
      const at = `--server localhost:${port}`
      yield* inTurns([
        endsWith(stage, `echo hi | $R/client.out a 0 0 ${at} >/dev/full`, 1, lost),
        endsWith(stage, `$R/outlive tail ${at} >/dev/full </dev/null`, 1, lost),
        endsWith(stage, `$R/outlive tail --json ${at} >/dev/full </dev/null`, 1, lost),
        endsWith(stage, `echo hi | $R/client.out b 0 0 ${at} 2>/dev/full`, 0),
        endsWith(stage, `echo hi | $R/client.out c 0 0 ${at} >&-`, 0),
        endsWith(stage, `$R/client.out d 0 0 ${at} <&-`, 0)
      ])
      yield* server.types("Exit")
      assert.strictEqual(yield* server.ends, 0)
      const deaf = yield* shell(stage, `exec $R/server --json --port ${port} >/dev/full`)
      yield* stage.until("the server to say that it can't write", () => deaf.err.some((line) => lost.test(line)))
      yield* deaf.gets("SIGTERM")
      assert.strictEqual(yield* deaf.ends, 1)
    })
  )

  it.scopedLive(
    "is 1 if a line could not be said; what comes on the stdin of send is one message, and not nothing",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        const [port] = yield* stage.freePorts(1)
        const server = yield* stage.server(port)
        const at = `--server localhost:${port}`
        const refused = /^outlive: 1 line was not sent: see above\.$/
        const long = (bytes: number) => `(head -c ${bytes} /dev/zero | tr '\\0' y; echo; echo fine)`
        yield* inTurns([
          endsWith(stage, `${long(70_000)} | $R/client.out a 0 0 ${at} >/dev/null`, 1, refused),
          endsWith(stage, `${long(65_500)} | $R/client.out b 0 0 ${at} >/dev/null`, 1, refused),
          endsWith(stage, `printf 'one\\r\\ntwo\\n' | $R/outlive send --id c - ${at}`, 0),
          endsWith(stage, `printf 'three' | $R/outlive send --id d ${at}`, 0),
          endsWith(
            stage,
            `$R/outlive send ${at} </dev/null`,
            1,
            /^outlive: stdin is empty: there is nothing to send\.$/
          )
        ])
        yield* server.sees("Client a: fine", "Client b: fine", "Client c: one\\u{a}two", "Client d: three")
        yield* server.types("Exit")
        assert.strictEqual(yield* server.ends, 0)
      })
  )
})
