/** Looks at a chat in NATS, and changes nothing. */
import * as Effect from "effect/Effect"
import { BusUnavailable } from "../../src/domain/Errors.ts"
import type { NatsFound, NatsStore } from "../../src/domain/NatsFound.ts"
import { isSite, type Site } from "../../src/domain/Site.ts"
import * as Members from "./Members.ts"
import { opened, type Settings } from "./NatsBus.ts"
import {
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  Kvm,
  type NatsConnection,
  type StreamInfo
} from "./nats.ts"
import { isMissing, mostAge, namesOf, replicasIn } from "./Stores.ts"
import { unavailable } from "./unavailable.ts"

/** The time for an answer, in ms. */
const limit = 5_000

/** At most so many sites are looked at. */
const mostSites = 100

const oddity = ({ config }: StreamInfo, what: NatsStore["what"]): string | undefined => {
  if (config.max_bytes <= 0) return "it has no limit of bytes"
  if (what === "posts" && (config.max_age <= 0 || config.max_age > mostAge)) return "it keeps posts for more than a day"
  return undefined
}

const storeIn = async (jsm: JetStreamManager, what: NatsStore["what"], name: string): Promise<NatsStore> => {
  const info = await jsm.streams.info(name).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
  if (info === undefined) return { what, name, found: undefined }
  const behind = info.cluster?.replicas?.filter(({ current }) => !current).length ?? 0
  const { bytes, messages } = info.state
  return { what, name, found: { copies: info.config.num_replicas, behind, messages, bytes, odd: oddity(info, what) } }
}

/** The sites whose servers have an entry. JetStream lists the subjects of a stream, also of what was removed. */
const sitesIn = async (nc: NatsConnection, jsm: JetStreamManager, chat: string): Promise<ReadonlyArray<Site>> => {
  const { bucket, bucketStream, entries } = namesOf(chat)
  const { state } = await jsm.streams.info(bucketStream, { subjects_filter: `${entries}${Members.serversKey}>` })
  const kv = await new Kvm(jetstream(nc, { timeout: limit })).open(bucket, { allow_direct: false })
  const sites: Array<Site> = []
  for (const subject of Object.keys(state.subjects ?? {}).slice(0, mostSites)) {
    const key = subject.slice(entries.length)
    const site = key.slice(Members.serversKey.length)
    if (isSite(site) && (await kv.get(key))?.operation === "PUT") sites.push(site)
  }
  return sites.sort()
}

const findIn = async (nc: NatsConnection, chat: string): Promise<NatsFound> => {
  const names = namesOf(chat)
  const jsm = await jetstreamManager(nc, { timeout: limit })
  const stores = [await storeIn(jsm, "posts", names.stream), await storeIn(jsm, "entries", names.bucketStream)]
  return {
    chat,
    version: nc.info?.version ?? "",
    cluster: nc.info?.cluster,
    copies: replicasIn(nc),
    stores,
    sites: stores[1]?.found === undefined ? [] : await sitesIn(nc, jsm, chat)
  }
}

/** What is found of a chat. Fails if NATS, or JetStream, does not answer. */
export const look = (settings: Settings): Effect.Effect<NatsFound, BusUnavailable> =>
  Effect.flatMap(opened(settings), (nc) =>
    Effect.tryPromise({
      try: () => findIn(nc, settings.chat),
      catch: unavailable
    })
  ).pipe(
    Effect.timeoutFail({
      duration: 2 * limit,
      onTimeout: () => new BusUnavailable({ detail: "no answer in time" })
    }),
    Effect.scoped
  )
