/**
 * What one site, ten and a hundred cost, on paper: the figures of docs/design/scale.md. `node scripts/run.mjs
 * bench/scale.ts` prints them; `test/docs.test.ts` holds that they are those of the document.
 */

/** What is put in, and where each figure comes from. */
export const given = {
  /** How often somebody says a line, in lines a second. */
  pace: 0.1,
  /** The memory of a link, in bytes: docs/design/links.md. */
  link: 7_000,
  /** A line of 64 letters as it is sent, in bytes. */
  line: 171,
  /** An entry of a summary, in bytes: docs/design/delivery.md. */
  entry: 42,
  /** A silent link is pinged after this, in seconds: 0.6 of the 15 s of silence beyond one machine. */
  ping: 9,
  /** How long JetStream takes to acknowledge a message, in seconds. */
  acknowledged: 0.005,
  /** How many members of other sites are known: docs/PROTOCOL.md. */
  members: 2_000,
  /** How many connections a node accepts, unless it is told otherwise. */
  connections: 2_048,
  /** How many bytes of summaries a second are too many for what they are good for. */
  summaries: 10_000_000
} as const

export interface Chat {
  readonly sites: number
  /** The clients of each site. */
  readonly clients: number
}

export const costs = ({ clients, sites }: Chat) => {
  const people = sites * clients
  const lines = people * given.pace
  const atSite = lines / sites
  // A chat of one site has no NATS.
  const published = sites === 1 ? 0 : sites * Math.min(atSite, 1 / given.acknowledged)
  const pairs = sites * (sites - 1)
  return {
    people,
    lines,
    atClient: clients,
    atServer: clients + sites - 1,
    far: pairs / 2,
    memory: (clients + sites - 1) * given.link,
    published,
    delivered: published * sites,
    stored: sites === 1 ? 0 : lines * given.line,
    handedOn: (lines - atSite) * clients,
    pings: pairs / given.ping,
    summaries: pairs,
    /** Each server tells each other of all streams that have grown in a second. */
    summaryBytes: pairs * given.entry * Math.min(people, lines)
  }
}

/** A number as people read it, in two digits. */
const brief = (value: number): string => {
  const rounded = value === 0 ? 0 : Number(value.toPrecision(2))
  for (const [size, letter] of [
    [1e9, " G"],
    [1e6, " M"],
    [1e3, " k"]
  ] as const) {
    if (rounded >= size) return `${rounded / size}${letter}`
  }
  return `${rounded}`
}

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const chats: ReadonlyArray<Chat> = [
  { sites: 1, clients: 100 },
  { sites: 3, clients: 100 },
  { sites: 10, clients: 100 },
  { sites: 100, clients: 20 },
  { sites: 100, clients: 100 }
]

type Costs = ReturnType<typeof costs>

const rows: ReadonlyArray<readonly [what: string, of: (cost: Costs) => number, unit?: string]> = [
  ["people", (cost) => cost.people],
  ["lines a second, in all", (cost) => cost.lines],
  ["links at a client", (cost) => cost.atClient],
  ["links at a server", (cost) => cost.atServer],
  ["memory of these", (cost) => cost.memory, "B"],
  ["far links, in all", (cost) => cost.far],
  ["messages a second that are stored", (cost) => cost.published],
  ["these, delivered to all servers", (cost) => cost.delivered],
  ["bytes a second that are stored", (cost) => cost.stored, "B"],
  ["lines a second that a server hands on to its clients", (cost) => cost.handedOn],
  ["pings and pongs a second through NATS, idle", (cost) => cost.pings],
  ["summaries a second through NATS, while all talk", (cost) => cost.summaries],
  ["bytes a second of these", (cost) => cost.summaryBytes, "B"]
]

/** What chats of some sizes cost. */
export const costTable = (): string =>
  table(
    ["", ...chats.map(({ clients, sites }) => `${sites} × ${clients}`)],
    rows.map(([what, of, unit = ""]) => {
      return [
        what,
        ...chats.map((chat) =>
          `${brief(of(costs(chat)))}${unit === "" ? "" : ` ${unit}`}`.replace(/ (\w) (\w)$/, " $1$2")
        )
      ]
    })
  )

/** The greatest number of sites of that size within a bound. */
const mostSites = (clients: number, fits: (cost: Costs) => boolean): number => {
  let sites = 1
  while (sites < 10_000 && fits(costs({ sites: sites + 1, clients }))) sites += 1
  return sites
}

/** Up to how many sites each bound holds. */
export const limitTable = (): string => {
  const sizes = [10, 20, 50, 100]
  const bounds: ReadonlyArray<readonly [string, (clients: number) => (cost: Costs) => boolean]> = [
    ["members of other sites that are known", (clients) => (cost) => cost.people - clients <= given.members],
    ["summaries of 10 MB a second", () => (cost) => cost.summaryBytes <= given.summaries],
    ["far links that a server accepts", (clients) => (cost) => cost.atServer - clients <= given.connections]
  ]
  return table(
    ["sites, at most", ...sizes.map((clients) => `${clients} clients each`)],
    bounds.map(([what, fits]) => [what, ...sizes.map((clients) => `${mostSites(clients, fits(clients))}`)])
  )
}

if (process.argv[1]?.endsWith("scale.mjs")) console.log(`${costTable()}\n\n${limitTable()}`)
