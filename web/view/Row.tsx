/** One row of the log. */
import type { Event } from "../state/Event.ts"
import { titleOf } from "../state/Place.ts"
import { type Row as Data, dayInWords } from "../state/Rows.ts"
import type { Outgoing } from "../state/State.ts"
import type { FileNews } from "../state/Transfer.ts"
import type { Said } from "../state/Window.ts"
import { clock, type Delivery } from "../state/Words.ts"
import { File } from "./File.tsx"
import { Pure } from "./Pure.ts"
import { Id, Text } from "./Text.tsx"

const Time = ({ at }: { readonly at: number }) => <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>

interface LineProps {
  readonly name: string
  readonly line: Said
  readonly isFirst: boolean
  readonly isSought: boolean
  /** What is known of what the line offers, and who is to be told what is to be done about it. */
  readonly news: FileNews | undefined
  readonly happened: ((event: Event) => void) | undefined
  readonly delivery: Delivery["state"] | undefined
  readonly short: string
  readonly long: string
}

const topicOf = ({ room = "", text }: Said): string =>
  text === "" ? `removed the topic of ${titleOf(room)}` : `set the topic of ${titleOf(room)}:`

class Line extends Pure<LineProps> {
  override render({ delivery, happened, isFirst, isSought, line, long, name, news, short }: LineProps) {
    const { action, at, from, mention, offer, own, text, topic } = line
    const isDeed = action === true || topic === true
    const of = [
      "line",
      isFirst && "first",
      mention && own !== true && "mention",
      isSought && "sought",
      isDeed && "deed"
    ]
    return (
      <div class={of.filter((each) => each).join(" ")} data-key={name}>
        <span class="at">
          <Time at={at} />
        </span>
        <div class="said">
          {isFirst || isDeed ? (
            <div class="author">
              <Id id={from} /> {topic === true && topicOf(line)}
              {offer !== undefined && `offers ${offer.files === undefined ? "a file" : "a folder"}`}
            </div>
          ) : (
            <span class="heard">{from}: </span>
          )}
          {offer !== undefined ? (
            <File offer={offer} news={news} happened={happened} />
          ) : (
            !(topic === true && text === "") && <Text text={text} />
          )}
        </div>
        {delivery !== undefined && (
          <span class={`delivery ${delivery}`} title={long}>
            <span aria-hidden="true">{delivery === "all" ? "✓" : delivery === "waiting" ? "…" : short}</span>
            <span class="heard">{long}</span>
          </span>
        )}
      </div>
    )
  }
}

interface RowProps extends Omit<LineProps, "name" | "line" | "isFirst"> {
  readonly row: Data
  readonly now: number
}

/** A row of the log: a day, the mark of what is new, a notice, or a line. */
export const Row = ({ now, row, ...rest }: RowProps) => {
  switch (row._tag) {
    case "Day":
      return (
        <div class="day" data-key={row.key}>
          <span>{dayInWords(row.at, now)}</span>
        </div>
      )
    case "New":
      return (
        <div class="day new" data-key={row.key}>
          <span>New</span>
        </div>
      )
    case "Notice":
      return (
        <div class="notice" data-key={row.key}>
          <span class="at">
            <Time at={row.line.at} />
          </span>
          <Text text={row.line.text} />
        </div>
      )
    case "Line":
      return <Line name={row.key} line={row.line} isFirst={row.isFirst} {...rest} />
  }
}

interface OutgoingProps {
  readonly line: Outgoing
  readonly self: string
  readonly again: (() => void) | undefined
  readonly discard: () => void
}

/** An own line that the node has not shown yet. */
export const OnItsWay = ({ again, discard, line: { at, text, unsent }, self }: OutgoingProps) => (
  <div class={unsent ? "line first unsent" : "line first sending"}>
    <span class="at">
      <Time at={at} />
    </span>
    <div class="said">
      <div class="author">
        <Id id={self} /> {unsent && <span class="why">not sent</span>}
      </div>
      <Text text={text} />
      {unsent && (
        <div class="choices">
          <button type="button" class="quiet" disabled={again === undefined} onClick={again}>
            Send again
          </button>
          <button type="button" class="quiet" onClick={discard}>
            Discard
          </button>
        </div>
      )}
    </div>
  </div>
)
