/** The events of a node, in the order in which it witnesses them, among the posts of its log. */
import * as Context from "effect/Context"
import type * as Stream from "effect/Stream"
import type { MeshEvent } from "../src/domain/MeshEvent.ts"

export class EventLog extends Context.Tag("outlive/EventLog")<
  EventLog,
  {
    /** Appends an event. A plain function: a link comes up in one step. */
    readonly note: (event: MeshEvent) => void
    /** All events, from the beginning of this run. */
    readonly events: Stream.Stream<MeshEvent>
  }
>() {}
