import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { Described } from "../../src/domain/Described.ts"
import type { Listed } from "../../src/domain/Path.ts"
import { offerArgument, parametersOf, pathsArgument } from "../../src/domain/SlashCommand.ts"
import { nothing } from "../../src/terminal/Completion.ts"
import { completed, withPaths } from "../../src/terminal/PathCompletion.ts"

const command = (name: string, schema: Schema.Schema.All): Described => ({
  name,
  elsewhere: [],
  parameters: parametersOf(schema),
  help: ""
})
const commands = [command("send", Schema.Tuple(pathsArgument)), command("get", Schema.Tuple(offerArgument))]
const complete = withPaths(commands, nothing)

/** What is looked up for a line: a folder, and how a name in it begins. */
const asked = (line: string) => {
  const path = complete(line, line.length).path
  return path === undefined ? undefined : [path.folder, path.beginning]
}

/** A line with each candidate for what is in its folder. */
const lines = (line: string, ...listed: ReadonlyArray<string>) => {
  const path = complete(line, line.length).path
  if (path === undefined) return undefined
  const found = listed.map((name): Listed => ({ name: name.replace(/\/$/, ""), isFolder: name.endsWith("/") }))
  const { candidates, from } = completed(path, found)
  return candidates.map(({ text }) => line.slice(0, from) + text)
}

describe("paths in commands", () => {
  it("are looked up in /send, and folders behind the file in /get; nowhere else", () => {
    assert.deepStrictEqual(asked("/send "), ["", ""])
    assert.deepStrictEqual(asked("/send no"), ["", "no"])
    assert.deepStrictEqual(asked("/send /var/log/sys"), ["/var/log/", "sys"])
    assert.deepStrictEqual(asked("/send a.txt ~/b"), ["~/", "b"])
    assert.deepStrictEqual(asked('/send "~/My Files/re'), ["~/My Files/", "re"])
    assert.deepStrictEqual(asked("/send a.txt #op"), undefined)
    assert.deepStrictEqual(asked("/get 3"), undefined)
    assert.deepStrictEqual(asked("/get 3 ~/Do"), ["~/", "Do"])
    for (const line of ["hello /send", "/say a", "//send a", "/send"]) assert.isUndefined(asked(line), line)
  })

  it("are quoted as they are read; a folder is not finished", () => {
    assert.deepStrictEqual(lines("/send no", "notes.txt"), ["/send notes.txt "])
    assert.deepStrictEqual(lines("/send a.txt lo", "logs/", "long.txt"), ["/send a.txt logs/", "/send a.txt long.txt "])
    assert.deepStrictEqual(lines("/send my", "my file.txt", "my dir/"), ["/send my\\ file.txt ", "/send my\\ dir/"])
    assert.deepStrictEqual(lines('/send "my', "my file.txt", "my dir/"), ['/send "my file.txt" ', '/send "my dir/'])
    assert.deepStrictEqual(lines("/send 'it", "it's", "its"), [`/send "it's" `, "/send 'its' "])
    assert.deepStrictEqual(lines("/get 1 d", "down/", "data.txt"), ["/get 1 down/"])
    assert.deepStrictEqual(lines("/send ~"), ["/send ~/"])
  })

  it("are meant in their case, if there are some", () => {
    assert.deepStrictEqual(lines("/send re", "README", "report"), ["/send report "])
    assert.deepStrictEqual(lines("/send rea", "README"), ["/send README "])
  })
})
