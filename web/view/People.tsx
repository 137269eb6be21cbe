/** Who is there, and how they are reached. */
import type { Event } from "../state/Event.ts"
import { privatelyWith } from "../state/Place.ts"
import type { State } from "../state/State.ts"
import type { PeerNews } from "../state/Wire.ts"
import { clock, roundTripInWords } from "../state/Words.ts"
import { Pure } from "./Pure.ts"
import { Id } from "./Text.tsx"

const wayTo = ({ givenUp, link, site, through }: PeerNews): string => {
  if (site !== undefined) return `through Server ${site}`
  if (link !== null) return link.roundTrip === null ? "direct" : `direct, ${roundTripInWords(link.roundTrip)}`
  if (through !== null) return `through ${through}`
  return givenUp ? "can't be reached" : "is being dialled"
}

const detailsOf = ({ link }: PeerNews): string =>
  link === null ? "" : `since ${clock(link.since)}${link.behind === 0 ? "" : `, lacks ${link.behind} of your lines`}`

interface Props {
  readonly peers: State["peers"]
  readonly self: string | undefined
  readonly happened: (event: Event) => void
}

export class People extends Pure<Props> {
  override shouldComponentUpdate({ peers, self }: Props) {
    return peers !== this.props.peers || self !== this.props.self
  }

  override render({ happened, peers, self }: Props) {
    const isHere = ({ link, through }: PeerNews) => link !== null || through !== null
    const person = (peer: PeerNews) => (
      <li key={peer.id}>
        <button type="button" class="person" onClick={() => happened({ _tag: "Go", place: privatelyWith([peer.id]) })}>
          <span class={`dot ${peer.link !== null ? "direct" : isHere(peer) ? "through" : "away"}`} aria-hidden="true" />
          <span class="name">
            <Id id={peer.id} />
            {peer.role === "server" && peer.id !== "Server" && " (server)"}
          </span>
          <span class="way" title={detailsOf(peer)}>
            {wayTo(peer)}
          </span>
          <span class="heard">{detailsOf(peer)}. Write in private.</span>
        </button>
      </li>
    )
    const here = peers.filter(isHere)
    const away = peers.filter((peer) => !isHere(peer))
    return (
      <div class="scrolls">
        <h3>Here</h3>
        <ul>
          {self !== undefined && (
            <li class="person">
              <span class="dot direct" aria-hidden="true" />
              <span class="name">
                <Id id={self} />
              </span>
              <span class="way">you</span>
            </li>
          )}
          {here.map(person)}
        </ul>
        {away.length > 0 && (
          <>
            <h3>Away</h3>
            <ul>{away.map(person)}</ul>
          </>
        )}
      </div>
    )
  }
}
