/** A chat over several sites, each a host with a server and clients near it: real processes, plain or secure. */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type { PCGRandom } from "effect/Utils"
import { type Author, Checker, type Reader } from "./Checker.ts"
import { Run } from "./Node.ts"
import { type HostSpace, through } from "./Spaces.ts"
import { Waits } from "./Waits.ts"

/** How secret the chat is; `blind` is a secure one, with `--nats-blind`. */
export const kinds = ["plain", "secure", "blind"] as const
export type Kind = (typeof kinds)[number]

/** Where the server of each site listens. */
const port = 4_000

/** What has not come up within this time never will, in ms. */
const comingUp = 60_000

/** How often lines are typed, and the pause between two lines of one author, in ms. */
const beat = 10
const pauses = [300, 700] as const

/** The lines of a screen that are no chat lines. */
const chatNews = /^(?:Client \S+|Server(?: \S+)?): (?:initiated|reconnected|terminated\.)$/

export interface Site {
  readonly name: string
  readonly host: HostSpace
  /** The URLs of NATS, the nearest one first. */
  readonly nats: ReadonlyArray<string>
}

/** A server or a client, whether it runs or not. */
export interface Person {
  readonly id: string
  readonly title: string
  readonly site: Site
  readonly args: ReadonlyArray<string>
  runs: number
  run: Run | undefined
  author: Author
  reader: Reader
  /** Lines of its screen that are no chat lines, and its notices. */
  readonly news: Array<string>
  /** When it types its next line. */
  next: number
}

export interface Settings {
  readonly program: string
  readonly folder: string
  readonly kind: Kind
  readonly sites: ReadonlyArray<Site>
  /** The number of clients of each site. */
  readonly clients: number
  readonly random: PCGRandom
}

export const make = ({ clients, folder, kind, program, random, sites }: Settings) => {
  const checker = new Checker(true)
  const people = new Map<string, Person>()
  /** Who has not been there all the time: nobody counts how long they wait. */
  const spared = new Set<string>()
  const siteOf = (id: string) => people.get(id)?.site
  const waits = new Waits((reader, author) => siteOf(reader) === siteOf(author))
  const [first] = sites as [Site]
  const isSecure = kind !== "plain"

  const folderOf = (id: string) => Path.join(folder, id)
  const stateOf = (id: string) => ["--state", Path.join(folderOf(id), "state")]
  const serverOf = ({ name }: Site) => `Server-${name}`
  const addressOf = ({ host }: Site) => `${host.v4}:${port}`
  const clientsOf = ({ name }: Site) => Array.from({ length: clients }, (_, at) => `${name}-${at + 1}`)

  const personOf = (id: string, title: string, site: Site, args: ReadonlyArray<string>): Person => {
    const before = people.get(id)
    if (before !== undefined) return before
    Fs.mkdirSync(folderOf(id), { recursive: true })
    const person = {
      id,
      title,
      site,
      args: [...args, "--host", site.host.v4, ...stateOf(id), ...(isSecure ? [] : ["--insecure"])],
      runs: 0,
      run: undefined,
      news: [],
      next: 0
    } as unknown as Person
    people.set(id, person)
    return person
  }

  const hears = (person: Person, reader: Reader, line: string): void => {
    if (!checker.shows(reader, line)) {
      person.news.push(line)
      if (!chatNews.test(line)) checker.offend("other", `${reader.name} shows “${line}”`)
      return
    }
    const author = reader.latest.slice(0, reader.latest.indexOf("."))
    if (!spared.has(reader.id) && !spared.has(author)) waits.shown(reader.id, author, reader.latest, Date.now())
  }

  /** Starts a process of a person. It is there when it has shown or said this. */
  const start = (person: Person, args: ReadonlyArray<string>, isThere: string) =>
    Effect.gen(function* () {
      const { id, news, site } = person
      person.runs += 1
      news.length = 0
      const { author, reader } = checker.begins(id, person.runs)
      const log = Fs.createWriteStream(path(person, "log"), { flags: "a" })
      const run: Run = new Run(
        program,
        { args, folder: folderOf(id), through: through(site.host.space) },
        {
          out: (line) => {
            log.write(`${new Date().toISOString()} ${line}\n`)
            hears(person, reader, line)
          },
          err: (line) => {
            log.write(`${new Date().toISOString()} ${line}\n`)
            news.push(line)
            if (!line.startsWith("* ")) checker.offend("other", `${reader.name} says on stderr “${line}”`)
          },
          ended: (how) => {
            log.end()
            if (person.run !== run) return
            person.run = undefined
            checker.ends(author, reader)
            checker.offend("other", `${reader.name} has ended by itself: ${how}`)
          }
        }
      )
      Object.assign(person, { run, author, reader, next: Date.now() })
      yield* until(`${person.title} is there`, comingUp, () => news.some((line) => line.startsWith(isThere)))
      checker.cameUp(reader)
    })

  const path = ({ id }: Person, name: string) => Path.join(folderOf(id), name)

  /** Waits for something; if it does not come, that is an offence. */
  const until = (what: string, limit: number, holds: () => boolean) =>
    Effect.gen(function* () {
      const since = Date.now()
      while (!holds() && Date.now() - since < limit) yield* Effect.sleep(10)
      if (!holds()) checker.offend("other", `${what}: not within ${limit} ms`)
    })

  const server = (site: Site): Person =>
    personOf(serverOf(site), `Server ${site.name}`, site, [
      "server",
      "--port",
      `${port}`,
      "--site",
      site.name,
      "--data",
      "data",
      ...site.nats.flatMap((url) => ["--nats", url]),
      ...(kind === "blind" ? ["--nats-blind"] : [])
    ])

  const startServer = (site: Site, more: ReadonlyArray<string> = []) =>
    Effect.suspend(() => {
      const person = server(site)
      return start(person, [...person.args, ...more], "* The server listens")
    })

  /** An invitation by the owner of the chat, who is at the first site. */
  const invite = (...more: ReadonlyArray<string>): string =>
    spawnSync(
      process.execPath,
      [program, "invite", "--server", addressOf(first), ...stateOf(serverOf(first)), ...more],
      { encoding: "utf8" }
    ).stdout.trim()

  const end = (person: Person) =>
    Effect.gen(function* () {
      const { author, reader, run } = person
      person.run = undefined
      run?.types("Exit\n")
      yield* until(`${person.title} has left`, comingUp, () => run?.ending !== undefined)
      checker.ends(author, reader)
    })

  const startClient = (site: Site, id: string, link: string | undefined) =>
    Effect.gen(function* () {
      const words = ["client", id, "0", "0", "--server", addressOf(site)]
      const person = personOf(id, `Client ${id}`, site, words)
      const there = `Client ${id}: initiated`
      if (link === undefined) return yield* start(person, person.args, there)
      const joining = ["join", link, id, "--host", site.host.v4, ...stateOf(id)]
      yield* start(person, joining, there)
      if (site === first) return
      // Whoever is new joins where the owner is, and may use any server that it has heard of from then on.
      const own = new RegExp(`\\bServer[ -]${site.name}\\b`)
      yield* until(`${person.title} has heard of its server`, comingUp, () =>
        person.news.some((line) => own.test(line))
      )
      yield* end(person)
      yield* start(person, person.args, there)
    })

  const all = () => [...people.values()]
  const here = () => all().filter(({ run }) => run !== undefined)

  return {
    checker,
    waits,
    server,
    /** Starts all servers and clients, and waits until the servers have found each other. */
    open: Effect.gen(function* () {
      yield* startServer(first)
      for (const site of sites.slice(1)) {
        yield* startServer(site, isSecure ? ["--invited", invite("--site", site.name)] : [])
      }
      const meets = (one: Site, other: Site) =>
        one === other || server(one).news.some((line) => line === `Server ${other.name}: initiated`)
      yield* until("all servers have met", comingUp, () =>
        sites.every((one) => sites.every((other) => meets(one, other)))
      )
      const link = isSecure ? invite("--uses", `${sites.length * clients}`) : undefined
      yield* Effect.forEach(sites, (site) => Effect.forEach(clientsOf(site), (id) => startClient(site, id, link)), {
        concurrency: "unbounded",
        discard: true
      })
    }),
    /** Kills a server without a word. */
    kill: (site: Site) =>
      Effect.gen(function* () {
        const person = server(site)
        const { author, reader, run } = person
        person.run = undefined
        author.lives(Date.now())
        run?.gets("SIGKILL")
        yield* until(`${person.title} is dead`, comingUp, () => run?.ending !== undefined)
        checker.ends(author, reader)
      }),
    startServer,
    /** All who are there type lines, until this is interrupted. */
    talk: Effect.forever(
      Effect.zipRight(
        Effect.sleep(beat),
        Effect.sync(() => {
          const now = Date.now()
          for (const person of here()) {
            const { author, run } = person
            author.lives(now)
            if (now < person.next) continue
            person.next = now + pauses[0] + random.number() * (pauses[1] - pauses[0])
            run?.types(`${checker.nextLine(author, "", now)}\n`)
            waits.typed(`${author.name}.${author.said}`, now)
          }
        })
      )
    ),
    /** From now on waits are measured, but not of these. */
    measure: (without: ReadonlyArray<Person>) => {
      spared.clear()
      for (const { id } of without) spared.add(id)
      waits.begin()
    },
    /** How many lines are not on the screens of those who are there: of all, or of those typed up to a moment. */
    lag: (upTo?: ReadonlyMap<string, number>): number =>
      here().reduce((sum, { reader }) => sum + checker.lag(reader, upTo), 0)
  }
}

export type SiteChat = ReturnType<typeof make>
