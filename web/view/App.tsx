/** The whole page. */
import type { Event } from "../state/Event.ts"
import { othersIn, titleOf } from "../state/Place.ts"
import { callsIn, type Panel, type State } from "../state/State.ts"
import { bannerOf } from "../state/Words.ts"
import { Composer } from "./Composer.tsx"
import { Uploads } from "./File.tsx"
import { Finding } from "./Finding.tsx"
import { Icon } from "./Icon.tsx"
import { List } from "./List.tsx"
import { Log } from "./Log.tsx"
import { People } from "./People.tsx"
import { Id, Text } from "./Text.tsx"

interface Props {
  readonly state: State
  /** The time of day, in ms since 1970. */
  readonly now: number
  readonly happened: (event: Event) => void
  /** The state now, after everything that has happened. */
  readonly current: () => State
  readonly askToNotify: () => void
}

const titles: Readonly<Record<Panel, string>> = { people: "Who is there", search: "Search" }

const scrollLog = (pages: number): void => {
  const log = document.querySelector(".log")
  log?.scrollBy({ top: pages * log.clientHeight * 0.9 })
}

/** What is open: a room and its topic, or those with whom one talks in private. */
const Title = ({ state }: { readonly state: State }) => {
  const others = othersIn(state.open)
  const topic = state.rooms.find(({ room }) => room === state.open)?.topic ?? null
  return (
    <div class="title">
      <h1>{others === undefined ? titleOf(state.open) : others.map((id) => <Id key={id} id={id} />)}</h1>
      {others === undefined ? (
        topic !== null && (
          <p class="topic" title={topic}>
            <Text text={topic} />
          </p>
        )
      ) : (
        <p class="topic">private</p>
      )}
    </div>
  )
}

const Bar = ({ happened, state }: Pick<Props, "happened" | "state">) => {
  const here = state.peers.filter(({ link, through }) => link !== null || through !== null).length + 1
  const toggle = (panel: Panel) => () => happened({ _tag: "Show", panel: state.panel === panel ? undefined : panel })
  const calls = callsIn(state)
  return (
    <header class="bar">
      <button
        type="button"
        class="plain only-narrow"
        aria-expanded={state.isListOpen}
        aria-controls="list"
        onClick={() => happened({ _tag: "ShowList", isOpen: true })}
      >
        <Icon name="list" />
        <span class="heard">Rooms{calls > 0 && `, ${calls} for you`}</span>
        {calls > 0 && <span class="dot calls" aria-hidden="true" />}
      </button>
      <Title state={state} />
      <button type="button" class="plain" aria-expanded={state.panel === "search"} onClick={toggle("search")}>
        <Icon name="search" />
        <span class="heard">Search</span>
      </button>
      <button type="button" class="plain" aria-expanded={state.panel === "people"} onClick={toggle("people")}>
        <Icon name="people" />
        <span aria-hidden="true">{here}</span>
        <span class="heard">Who is there: {here}</span>
      </button>
    </header>
  )
}

/** As in style.css: the panel covers the log. */
const isCovering = (): boolean => matchMedia("(max-width: 68rem)").matches

/** Whoever goes somewhere from a panel that covers the log wants to see it. */
const fromPanel =
  (happened: Props["happened"]) =>
  (event: Event): void => {
    happened(event)
    if ((event._tag === "Go" || event._tag === "GoToLine") && isCovering()) happened({ _tag: "Show", panel: undefined })
  }

const Side = ({ happened, panel, state }: Pick<Props, "happened" | "state"> & { readonly panel: Panel }) => (
  <aside class="panel" aria-label={titles[panel]}>
    <header>
      <h2>{titles[panel]}</h2>
      <button type="button" class="plain" onClick={() => happened({ _tag: "Show", panel: undefined })}>
        <Icon name="close" />
        <span class="heard">Close</span>
      </button>
    </header>
    {panel === "people" ? (
      <People peers={state.peers} self={state.chat?.self.id} happened={fromPanel(happened)} />
    ) : (
      <Finding
        search={state.search}
        self={state.chat?.self.id ?? ""}
        isConnected={state.connection._tag === "Open"}
        happened={fromPanel(happened)}
      />
    )}
  </aside>
)

export const App = ({ askToNotify, current, happened, now, state }: Props) => {
  const banner = bannerOf(state)
  return (
    <div class={`app${state.isListOpen ? " with-list" : ""}${state.panel === undefined ? "" : " with-panel"}`}>
      <List state={state} happened={happened} askToNotify={askToNotify} />
      {state.isListOpen && (
        <button type="button" class="veil" tabIndex={-1} onClick={() => happened({ _tag: "ShowList", isOpen: false })}>
          <span class="heard">Close the list</span>
        </button>
      )}
      <main>
        <Bar state={state} happened={happened} />
        <div class={`banner ${banner?.kind ?? ""}`} role="status">
          {banner?.text}
        </div>
        <Log state={state} now={now} happened={happened} />
        <Uploads uploads={state.uploads} happened={happened} />
        <Composer state={state} happened={happened} current={current} scrollLog={scrollLog} />
      </main>
      {state.isDropping && <div class="drop">Drop files here to offer them to {titleOf(state.open)}</div>}
      {state.panel !== undefined && <Side panel={state.panel} state={state} happened={happened} />}
    </div>
  )
}
