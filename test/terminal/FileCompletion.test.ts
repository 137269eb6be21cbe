import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { Described } from "../../src/domain/Described.ts"
import type { Listed } from "../../src/domain/Path.ts"
import { offerAndFolderArgument, offerArgument, parametersOf, pathsArgument } from "../../src/domain/SlashCommand.ts"
import { nothing } from "../../src/terminal/Completion.ts"
import { completed, withFiles } from "../../src/terminal/FileCompletion.ts"

const command = (name: string, schema: Schema.Schema.All): Described => ({
  name,
  elsewhere: [],
  parameters: parametersOf(schema),
  help: ""
})
const commands = [
  command("send", Schema.Tuple(pathsArgument)),
  command("get", Schema.Tuple(offerAndFolderArgument)),
  command("drop", Schema.Tuple(offerArgument))
]
const complete = withFiles(commands, nothing)

/** What is looked up for a line: a folder, and how a name in it begins. */
const asked = (line: string) => {
  const path = complete(line, line.length).file?.path
  return path === undefined ? undefined : [path.folder, path.beginning]
}

/** A line with each candidate for what is in its folder. */
const lines = (line: string, ...listed: ReadonlyArray<string>) => {
  const file = complete(line, line.length).file
  if (file === undefined) return undefined
  const found = listed.map((name): Listed => ({ name: name.replace(/\/$/, ""), isFolder: name.endsWith("/") }))
  const { candidates, from } = completed(file, found, ["my notes.txt", "minutes.txt", "logs"])
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

  it("offers are named as they are called, with their blanks; a folder may follow", () => {
    assert.deepStrictEqual(lines("/get m", "music/"), ["/get my notes.txt ", "/get minutes.txt "])
    assert.deepStrictEqual(lines("/get My no"), ["/get my notes.txt "])
    assert.deepStrictEqual(lines("/get my notes.txt m", "music/"), ["/get my notes.txt music/"])
    assert.deepStrictEqual(lines("/drop l", "logs/"), ["/drop logs "])
    assert.deepStrictEqual(lines("/drop x", "xyz/"), [])
    assert.deepStrictEqual(lines("/drop logs x", "xyz/"), [])
  })
})
