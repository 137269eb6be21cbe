import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import { describe } from "vitest"

const root = Path.resolve(import.meta.dirname, "..")

/** The parts of the house, by the paths of their files; the first that fits is the one. */
const parts = {
  main: /^src\/main(\.ts$|\/)/,
  commands: /^src\/commands\//,
  programs: /^src\/programs\//,
  protocol: /^src\/protocol\//,
  terminal: /^src\/terminal\//,
  domain: /^src\/domain\//,
  services: /^services\//,
  consoles: /^layers\/console\//,
  contract: /^layers\/LinkContract\.ts$/,
  links: /^layers\/links\//,
  replication: /^layers\/replication\//,
  files: /^layers\/files\//,
  pages: /^layers\/web\//,
  layers: /^layers\//,
  state: /^web\/state\//,
  page: /^web\//,
  outside: /^(test|bench|demo)\//
}
type Part = keyof typeof parts

/** What each part may import of ours, itself aside. Those outside may import anything. */
const arrows: Record<Exclude<Part, "outside">, ReadonlyArray<Part>> = {
  main: ["commands", "programs", "services", "consoles", "layers", "domain"],
  commands: ["domain"],
  programs: ["services", "domain"],
  layers: ["links", "replication", "files", "pages", "contract", "services", "protocol", "domain"],
  // The WebSocket of a page is a console that speaks JSON.
  pages: ["layers", "consoles", "services", "protocol", "domain"],
  consoles: ["services", "protocol", "terminal", "domain"],
  links: ["contract", "services", "protocol", "domain"],
  replication: ["contract", "services", "protocol", "domain"],
  files: ["contract", "services", "protocol", "domain"],
  contract: ["services", "protocol", "domain"],
  services: ["domain"],
  protocol: ["domain"],
  terminal: ["domain"],
  domain: [],
  // The page's state is pure; its view draws it.
  state: ["terminal", "domain"],
  page: ["state", "domain"]
}

/** The imports that no arrow allows: seals are checked with the digest that they were made with. */
const exceptions: ReadonlyArray<string> = ["layers/replication/Proofs.ts → layers/identity/proofOf.ts"]

/**
 * What looks at the time of day, which people and NTP set. Of Effect's schedules, these compare it with that of an earlier
 * step; those that are spaced or exponential do not.
 */
const wallTime =
  /Date\.now|new Date\(\)|[cC]urrentTimeMillis|DateTime\.(now|unsafeNow)|Schedule\.(upTo|elapsed|during|fixed|windowed|cron)/

/** Where a time of day is meant, and which. */
const timesOfDay: ReadonlyMap<string, string> = new Map([
  ["src/programs/Run.ts", "since when this node is here, for people"],
  ["src/programs/doctor.ts", "whether the clock is right"],
  ["src/programs/session/presence.ts", "since when the server is away, for people"],
  ["src/programs/invite.ts", "until when an invitation holds, also after a restart"],
  ["layers/FileInvitations.ts", "the same"],
  ["layers/MemoryInvitations.ts", "the same"],
  ["layers/IrcFrontEnd.ts", "what time it is, for whoever asks"],
  ["layers/console/TerminalConsole.ts", "when a line was shown, for people"],
  ["layers/links/Life.ts", "since when there is a link, for people"],
  ["layers/TransportPeerMesh.ts", "since when the server is away, for people"],
  ["layers/nats/Relay.ts", "how old a post is when it comes, for people"],
  ["layers/TransportProbe.ts", "an epoch"],
  ["layers/links/Awakening.ts", "whether it has jumped, since the machine has slept"],
  ["layers/filestore/NodeDisk.ts", "whether a file was changed just now, by the clock that stamps files"],
  ["layers/replication/Folds.ts", "after which epoch a run must begin"],
  ["layers/nats/MemoryBus.ts", "when a message was stored, for measures"],
  ["layers/log/Log.ts", "an epoch, and when a line was said, for people"],
  ["web/page.tsx", "since when the node is away, and which day it is, for people"]
])

/** The switches on values of which there are no few: keys, what a line has for its type, error codes of the system. */
const openSwitches: ReadonlyArray<string> = [
  "layers/TcpTransport.ts: error.code",
  "src/protocol/Frame.ts: value.type",
  "src/terminal/Pager.ts: name",
  "src/terminal/editor/Search.ts: name"
]

/** How the default of a switch on a union ends: what is left goes to a function that takes no more than that. */
const handsOver = /^default:\s+(return )?(absurd|onBoth|input\.obey)\([\w.]+\)$/

/** The switches of a file: on what, and how each ends. */
const switchesIn = (text: string): ReadonlyArray<readonly [on: string, end: string]> =>
  [...text.matchAll(/^( *)switch \((.+)\) \{\n([\s\S]*?)\n\1\}/gm)].map(([, indent, on = "", block = ""]) => [
    on,
    block
      .split("\n")
      .filter((line) => !line.trim().startsWith("//"))
      .join("\n")
      .split(new RegExp(`^${indent}  (?=case |default:)`, "m"))
      .at(-1)
      ?.trim() ?? ""
  ])

/** The switches that would pass over a new member of a union without a word. */
const silentSwitches = (files: ReadonlyArray<readonly [path: string, text: string]>): ReadonlyArray<string> =>
  files.flatMap(([path, text]) =>
    switchesIn(text).flatMap(([on, end]) => (handsOver.test(end) ? [] : [`${path}: ${on}`]))
  )

interface Import {
  readonly from: string
  readonly specifier: string
  readonly typeOnly: boolean
}

const importsOf = (from: string, text: string): ReadonlyArray<Import> => {
  const statements =
    /^[ \t]*(?:import|export)\b(\s+type\b)?[^"'`;]*?\bfrom\s*["']([^"']+)["']|^[ \t]*import\s*["']([^"']+)["']|\b(?:import|require)\s*\(\s*["'`]([^"'`]+)["'`]/gm
  return [...text.matchAll(statements)].map(([, type, named, bare, called]) => ({
    from,
    specifier: named ?? bare ?? called ?? "",
    typeOnly: type !== undefined
  }))
}

const partOf = (file: string): Part | undefined =>
  (Object.keys(parts) as Array<Part>).find((part) => parts[part].test(file))

/** What is wrong with an import; undefined if nothing is. */
const complaint = ({ from, specifier, typeOnly }: Import): string | undefined => {
  const part = partOf(from)
  if (part === undefined) return `${from} belongs to no part of the house`
  if (specifier.startsWith(".")) {
    const to = Path.posix.join(Path.posix.dirname(from), specifier)
    if (!/\.tsx?$/.test(specifier)) return `${from} → ${specifier} does not end in .ts`
    if (part === "outside" || exceptions.includes(`${from} → ${typeOnly ? "type " : ""}${to}`)) return undefined
    const target = partOf(to)
    if (target === part || (target !== undefined && arrows[part].includes(target))) return undefined
    // A browser loads no Schemas.
    if (part === "state" && target === "protocol" && typeOnly) return undefined
    return `${from} → ${to}: ${part} may not import ${target ?? "that"}`
  }
  if (part === "outside") return undefined
  if (specifier === "effect" || /^@effect\/[a-z-]+$/.test(specifier)) return `${from} imports the barrel ${specifier}`
  const ofNode = /^node:|^@effect\/platform-node/.test(specifier) || !/^(effect|@effect\/[a-z-]+)\//.test(specifier)
  if (part === "page" && /^preact(\/|$)/.test(specifier)) return undefined
  const free: ReadonlyArray<Part> = ["main", "layers", "consoles", "pages", "links", "replication", "files", "contract"]
  if (ofNode && !free.includes(part)) return `${from} imports ${specifier}: ${part} names nothing of Node`
  return undefined
}

const complaints = (files: ReadonlyArray<readonly [path: string, text: string]>): ReadonlyArray<string> =>
  files.flatMap(([path, text]) => importsOf(path, text).flatMap((each) => complaint(each) ?? []))

/** A circle of imports, types among them, as the files that it goes through; undefined if there is none. */
const circleIn = (files: ReadonlyArray<readonly [path: string, text: string]>): ReadonlyArray<string> | undefined => {
  const imported = new Map(
    files.map(([path, text]) => [
      path,
      importsOf(path, text).flatMap(({ specifier }) =>
        specifier.startsWith(".") ? [Path.posix.join(Path.posix.dirname(path), specifier)] : []
      )
    ])
  )
  const seen = new Set<string>()
  const search = (path: string, way: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (seen.has(path)) return undefined
    seen.add(path)
    for (const next of imported.get(path) ?? []) {
      const circle = search(next, [...way, path])
      if (circle !== undefined) return circle
    }
    return undefined
  }
  for (const path of imported.keys()) {
    const circle = search(path, [])
    if (circle !== undefined) return circle
  }
  return undefined
}

const filesUnder = (folder: string): ReadonlyArray<readonly [string, string]> =>
  Fs.existsSync(`${root}/${folder}`)
    ? Fs.readdirSync(`${root}/${folder}`, { recursive: true, encoding: "utf8" })
        .filter((path) => !path.includes("node_modules/"))
        .filter((name) => /\.tsx?$/.test(name))
        .map((name) => [
          `${folder}/${name.replaceAll(Path.sep, "/")}`,
          Fs.readFileSync(`${root}/${folder}/${name}`, "utf8")
        ])
    : []

const house = ["src", "services", "layers", "web", "test", "bench", "demo"].flatMap(filesUnder)

/** Each document of the repository, and its text. */
const markdown = (): ReadonlyArray<readonly [path: string, text: string]> =>
  [".", "docs", "docs/design"].flatMap((folder) =>
    Fs.readdirSync(Path.join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => [`${folder}/${name}`, Fs.readFileSync(Path.join(root, folder, name), "utf8")] as const)
  )

/** The lines of a document that are neither in a table nor code. */
const proseIn = (text: string): ReadonlyArray<string> =>
  text
    .split(/^```.*\n[\s\S]*?^```.*$/m)
    .flatMap((part) => part.split("\n"))
    .filter((line) => line !== "" && !/^( {4}|\|)/.test(line))

describe("architecture", () => {
  it("every import in the house goes along an arrow, ends in .ts, and names a module instead of a barrel", () => {
    assert.deepStrictEqual(complaints(house), [])
  })

  it("no import goes in a circle, not even one of types", () => {
    assert.isUndefined(circleIn(house))
  })

  it("a circle is seen, whichever way it goes", () => {
    const files = [
      ["layers/links/A.ts", 'import type { B } from "./B.ts"'],
      ["layers/links/B.ts", 'import { C } from "../C.ts"'],
      ["layers/C.ts", 'export { A } from "./links/A.ts"']
    ] as const
    assert.deepStrictEqual(circleIn(files), [
      "layers/links/A.ts",
      "layers/links/B.ts",
      "layers/C.ts",
      "layers/links/A.ts"
    ])
    assert.isUndefined(circleIn(files.slice(0, 2)))
  })

  it("prose in Markdown ends before column 120", () => {
    assert.isEmpty(
      markdown().flatMap(([path, text]) =>
        proseIn(text)
          .filter((line) => line.length > 120)
          .map((line) => `${path}: ${line}`)
      )
    )
  })

  it("a line of prose that is too long is seen, and none in a table or code", () => {
    const long = "word ".repeat(25)
    const text = [long, `- ${long}`, `| ${long} |`, `    ${long}`, "```", long, "```", `> ${long}`].join("\n")
    assert.deepStrictEqual(proseIn(text), [long, `- ${long}`, `> ${long}`])
  })

  it("every file of each part was looked at, and its imports were found", () => {
    for (const part of Object.keys(parts) as Array<Part>) {
      assert.isNotEmpty(
        house.filter(([path]) => partOf(path) === part),
        part
      )
    }
    for (const [path, text] of house) {
      // Counted in another way: by the lines on which a statement ends or a module is named.
      const lines = text.match(/^(?:import|export)\b.*\bfrom "|^\} from "|^import "/gm)?.length ?? 0
      assert.isAtLeast(importsOf(path, text).length, lines, path)
    }
  })

  it("programs, terminal and services name no process, no global of Node", () => {
    for (const [path, text] of house) {
      if (/^(src\/(programs|terminal|domain|protocol)|services|web\/state)\//.test(path)) {
        assert.notMatch(
          text,
          /\b(process|globalThis|Buffer|__dirname|setTimeout|setInterval|setImmediate)\s*[.([]/,
          path
        )
      }
    }
  })

  it("whatever takes its time is measured in monotonic time: only these files look at the time of day", () => {
    assert.deepStrictEqual(
      house
        .filter(([path, text]) => !/^(test|bench|demo)\//.test(path) && wallTime.test(text))
        .map(([path]) => path)
        .sort(),
      [...timesOfDay.keys()].sort()
    )
  })

  const ours = house.filter(([path]) => /^(src|services|layers)\//.test(path))

  it("a switch has a case for each member of a union, which the compiler checks: its default takes what can't be", () => {
    assert.deepStrictEqual(silentSwitches(ours).toSorted(), openSwitches)
  })

  it("each switch is seen, and how it ends", () => {
    for (const [path, text] of ours) assert.lengthOf(switchesIn(text), text.split("switch (").length - 1, path)
    const ending = (last: string) =>
      `const f = () => {\n  switch (a.b) {\n    case "c":\n      return 1\n${last}  }\n}\n`
    const silent = (last: string) => silentSwitches([["src/x.ts", ending(last)]])
    assert.deepStrictEqual(silent("    default:\n      return absurd(a)\n"), [])
    for (const last of ["", "    default:\n      return 2\n", "    default:\n      // absurd(a)\n      return\n"]) {
      assert.deepStrictEqual(silent(last), ["src/x.ts: a.b"])
    }
  })

  it("a span is called after a contract, and what it does: its methods, or how it is opened", () => {
    const spans = ours.flatMap(([path, text]) =>
      [...text.matchAll(/\b(?:Effect\.fn|Effect\.withSpan|inSpan)\("([^"]*)"/g)].map(
        ([, name = ""]) => `${path}: ${name}`
      )
    )
    const isOfContract = (span: string): boolean => {
      const [, contract = "", method = ""] = /: ([A-Z]\w*)\.([a-z]\w*)$/.exec(span) ?? []
      const text = new Map(house).get(`services/${contract}.ts`) ?? ""
      return text !== "" && (method === "open" || text.includes(`readonly ${method}:`))
    }
    assert.deepStrictEqual(
      spans.filter((span) => !isOfContract(span)),
      // What programs do, and what a part does that is no service; `call` is what `join`, `keep` and `reach` come to.
      [
        "src/programs/client.ts: Client.join",
        "src/programs/leaving.ts: Node.leave",
        "src/programs/session/say.ts: Command.run",
        "layers/links/Dialer.ts: PeerMesh.call"
      ]
    )
  })

  it("each way to look at the time of day is seen", () => {
    for (const text of [
      "Date.now()",
      "new Date()",
      "clock.unsafeCurrentTimeMillis()",
      "yield* Clock.currentTimeMillis",
      "DateTime.now",
      "DateTime.unsafeNow()",
      'Schedule.upTo("5 seconds")',
      "Schedule.elapsed",
      'Schedule.fixed("1 second")',
      'Schedule.windowed("1 second")'
    ]) {
      assert.match(text, wallTime)
    }
  })

  it("the checker sees what is wrong", () => {
    const wrong: ReadonlyArray<readonly [string, string, string]> = [
      ["src/domain/Peer.ts", 'import { Frame } from "../protocol/Frame.ts"', "domain may not import protocol"],
      ["src/domain/Peer.ts", 'import type { X } from "../../services/Console.ts"', "domain may not import services"],
      [
        "src/protocol/Frame.ts",
        'import type { X } from "../../services/Console.ts"',
        "protocol may not import services"
      ],
      [
        "src/protocol/Outbox.ts",
        'import { X } from "../../services/MessageLog.ts"',
        "protocol may not import services"
      ],
      ["src/programs/server.ts", 'import * as T from "../../layers/TcpTransport.ts"', "programs may not import layers"],
      ["src/programs/server.ts", 'export { x } from "../../layers/TcpTransport.ts"', "programs may not import layers"],
      ["src/programs/server.ts", 'const x = await import("../../layers/X.ts")', "programs may not import layers"],
      ["src/programs/server.ts", 'import { X } from "../protocol/Frame.ts"', "programs may not import protocol"],
      ["src/commands/server.ts", 'import * as T from "../../layers/TcpTransport.ts"', "commands may not import layers"],
      [
        "services/Console.ts",
        'import * as T from "../layers/console/PipeConsole.ts"',
        "services may not import consoles"
      ],
      ["services/Console.ts", 'import { x } from "../src/terminal/Editor.ts"', "services may not import terminal"],
      ["src/programs/X.ts", 'import { x } from "../terminal/Editor.ts"', "programs may not import terminal"],
      ["src/domain/X.ts", 'import { x } from "../terminal/Editor.ts"', "domain may not import terminal"],
      ["layers/X.ts", 'import { x } from "../src/terminal/Editor.ts"', "layers may not import terminal"],
      ["src/terminal/X.ts", 'import { x } from "../protocol/Frame.ts"', "terminal may not import protocol"],
      ["layers/X.ts", 'import { x } from "./console/Y.ts"', "layers may not import consoles"],
      ["layers/web/X.ts", 'import { x } from "../../src/terminal/Editor.ts"', "pages may not import terminal"],
      ["layers/X.ts", 'import { server } from "../src/programs/server.ts"', "layers may not import programs"],
      ["layers/X.ts", 'import { x } from "../test/support/bytes.ts"', "layers may not import outside"],
      ["src/programs/server.ts", 'import * as Net from "node:net"', "names nothing of Node"],
      ["src/programs/server.ts", 'import { node } from "../main/node.ts"', "programs may not import main"],
      ["src/commands/server.ts", 'import { node } from "../main/node.ts"', "commands may not import main"],
      ["src/programs/server.ts", 'import "node:net"', "names nothing of Node"],
      ["src/programs/server.ts", 'import * as N from "@effect/platform-node/NodeContext"', "names nothing of Node"],
      ["services/Console.ts", 'import type { Readable } from "stream"', "names nothing of Node"],
      ["src/domain/Peer.ts", 'import { Effect } from "effect"', "the barrel effect"],
      ["layers/X.ts", 'import {\n  NodeContext\n} from "@effect/platform-node"', "the barrel @effect/platform-node"],
      ["layers/links/X.ts", 'import { x } from "../replication/Y.ts"', "links may not import replication"],
      ["layers/replication/X.ts", 'import type { x } from "../links/Y.ts"', "replication may not import links"],
      ["layers/replication/X.ts", 'import { x } from "../TransportPeerMesh.ts"', "replication may not import layers"],
      ["layers/LinkContract.ts", 'import type { x } from "./links/Y.ts"', "contract may not import links"],
      ["web/state/X.ts", 'import { x } from "../view/Y.tsx"', "state may not import page"],
      ["web/state/X.ts", 'import { x } from "../../src/protocol/BotLine.ts"', "state may not import protocol"],
      ["web/state/X.ts", 'import { h } from "preact"', "names nothing of Node"],
      ["web/view/X.tsx", 'import * as Net from "node:net"', "names nothing of Node"],
      ["layers/X.ts", 'import { x } from "../web/state/Y.ts"', "layers may not import state"],
      ["layers/X.ts", 'import { x } from "./Y.js"', "does not end in .ts"],
      ["test/x.test.ts", 'import { x } from "./Y"', "does not end in .ts"],
      ["src/x.ts", 'import { x } from "./main.ts"', "belongs to no part"]
    ]
    for (const [path, text, words] of wrong) {
      assert.include(complaints([[path, text]]).join("\n"), words, text)
    }
  })
})
