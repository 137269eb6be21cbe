/** What `npm pack` makes: it installs, runs, completes in a shell, and has its man page. */
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { names } from "../../src/commands/all.ts"
import { described } from "../../src/commands/describe.ts"
import { settings } from "../../src/domain/Settings.ts"
import { commands } from "../../src/programs/commands/all.ts"
import { atTerminal, hasTerminals } from "../support/terminal.ts"

const root = Path.resolve(import.meta.dirname, "../..")
const subcommands: Array<string> = names

let folder = ""
/** A user who has nothing yet. */
const env = () => ({
  PATH: `${folder}/prefix/bin:${process.env["PATH"]}`,
  HOME: folder,
  XDG_CONFIG_HOME: "",
  XDG_DATA_HOME: ""
})
const run = (program: string, ...args: ReadonlyArray<string>) =>
  execFileSync(program, args, { cwd: folder, encoding: "utf8", env: env(), stdio: ["ignore", "pipe", "pipe"] })
const outlive = () => Path.join(folder, "prefix", "bin", "outlive")
const isThere = (program: string) =>
  (process.env["PATH"] ?? "").split(Path.delimiter).some((each) => Fs.existsSync(Path.join(each, program)))

beforeAll(() => {
  folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-package-"))
  // What `npm test` has built: to build it anew would pull it away under other tests.
  const [tarball = ""] = run("npm", "pack", root, "--ignore-scripts", "--silent").trim().split("\n").slice(-1)
  run("npm", "install", "--global", "--offline", "--prefix", Path.join(folder, "prefix"), Path.join(folder, tarball))
})
afterAll(() => Fs.rmSync(folder, { recursive: true, force: true }))

describe("the package", () => {
  it("installs the command outlive, which needs nothing else", () => {
    const { version } = JSON.parse(Fs.readFileSync(Path.join(root, "package.json"), "utf8"))
    assert.strictEqual(run(outlive(), "--version").trim(), version)
    // The launcher has answered that; what says more goes to the command tree.
    assert.strictEqual(run(outlive(), "--version", "server").trim(), version)
    assert.notInclude(Fs.readdirSync(Path.join(folder, "prefix/lib/node_modules/outlive")), "node_modules")
    const help = run(outlive(), "--help")
    for (const name of subcommands) assert.match(help, new RegExp(`^  ${name} `, "m"))
  })

  it("installs completions with one command, and bash completes by them", () => {
    assert.include(run(outlive(), "completions", "--install", "--shell", "bash"), "is there now.")
    const file = Path.join(folder, ".local/share/bash-completion/completions/outlive")
    const complete = (line: string) =>
      run(
        "bash",
        "-c",
        `source "$1"; COMP_WORDS=($2); [[ $2 = *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
         $(complete -p outlive | sed -n 's/.* -F \\([^ ]*\\) .*/\\1/p') outlive; printf '%s\\n' "\${COMPREPLY[@]}"`,
        "bash",
        file,
        line
      ).split("\n")
    assert.includeMembers(complete("outlive "), subcommands)
    assert.include(complete("outlive client --pa"), "--patience")
    assert.deepStrictEqual(complete("outlive send --wi"), ["--within", ""])
  })

  it("and so does zsh", (test) => {
    assert.include(run(outlive(), "completions", "--install", "--shell", "zsh"), "is there now.")
    const functions = Path.join(folder, ".local/share/zsh/site-functions")
    if (!isThere("zsh") || !hasTerminals) return test.skip("zsh or script is not installed (apt-get install zsh)")
    // What is typed ahead is taken key by key; the command tells what it was completed to.
    const typed = [
      `fpath=('${functions}' $fpath); autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' insert-tab false`,
      `outlive() { print -r -- "completed to <$*>"; }`,
      "outlive serv\t--por\t 4711",
      "outlive completions --shell fi\t",
      "outlive send --wi\t3",
      "exit\n"
    ].join("\n")
    const [program = "", ...args] = atTerminal(["zsh", "-f", "-i"], { rows: 24, columns: 300 })
    const shown = execFileSync(program, args, {
      cwd: folder,
      encoding: "utf8",
      env: env(),
      input: typed,
      timeout: 20_000
    })
    assert.deepStrictEqual(
      Array.from(shown.matchAll(/completed to <([^$>]*)>/g), ([, line]) => line?.trim()),
      ["server --port 4711", "completions --shell fish", "send --within 3"]
    )
  })

  it("and so does fish", (test) => {
    assert.include(run(outlive(), "completions", "--install", "--shell", "fish"), "is there now.")
    assert.isTrue(Fs.existsSync(Path.join(folder, ".config/fish/completions/outlive.fish")))
    if (!isThere("fish")) return test.skip("fish is not installed (apt-get install fish)")
    const complete = (line: string) =>
      Array.from(run("fish", "-c", "complete -C $argv[1]", line).matchAll(/^\S+/gm), ([word]) => word)
    assert.includeMembers(complete("outlive "), subcommands)
    assert.sameMembers(complete("outlive server --p"), ["--patience", "--plain", "--port", "--ports"])
    assert.sameMembers(complete("outlive completions --shell "), ["bash", "fish", "zsh"])
    assert.deepStrictEqual(complete("outlive send --wi"), ["--within"])
  })

  it("has a man page that names every command, every setting, and all that can be typed", () => {
    const file = Path.join(folder, "prefix/share/man/man1/outlive.1")
    const text = Fs.readFileSync(file, "utf8").replaceAll("\\-", "-")
    for (const name of subcommands) assert.include(text, `.SS outlive ${name}\n`)
    for (const { name, value } of names.flatMap((each) => described(each).options)) {
      assert.include(text, `.B --${name}${value === undefined ? "" : ` ${value}`}\n`)
    }
    for (const { name } of settings) assert.match(text, new RegExp(`^\\.B ${name}, OUTLIVE_`, "m"))
    for (const { name } of commands) assert.match(text, new RegExp(`^\\.B /${name}\\b`, "m"))
    if (isThere("mandoc")) assert.strictEqual(run("mandoc", "-T", "lint", file), "")
    else console.warn("mandoc is not installed (apt-get install mandoc): the man page is not checked by it.")
  })
})
