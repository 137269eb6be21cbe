/** What a chat keeps in JetStream: a stream of posts and a bucket. The first server makes them. */
import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type KV,
  Kvm,
  type NatsConnection,
  RetentionPolicy,
  StorageType,
  type StreamConfig
} from "./nats.ts"

/** The names of a chat in NATS. */
export const namesOf = (chat: string) => ({
  prefix: `outlive.${chat}.`,
  posts: `outlive.${chat}.post.>`,
  stream: `outlive_${chat}`,
  bucket: `outlive_${chat}`,
  bucketStream: `KV_outlive_${chat}`,
  entries: `$KV.outlive_${chat}.`
})

const nanosASecond = 1_000_000_000

/** Posts are kept for a day at most: longer gaps are closed between the servers themselves. */
export const mostAge = 24 * 60 * 60 * nanosASecond

/** The most bytes of posts that are kept; those that are older go. */
export const mostPosts = 256 * 1024 * 1024

/** The most bytes of entries: some 200 a person. */
export const mostEntries = 32 * 1024 * 1024

/** For so long a message with the id of an earlier one is not stored again. */
export const window = 120 * nanosASecond

/** The time for an answer of JetStream, in ms: an election takes some 5 s. */
export const limit = 10_000

/**
 * The time for each step of opening, in ms, before it is tried again. If several servers make a store at once, NATS
 * answers only one of them.
 */
const opening = 2_500

/** The copies that a cluster keeps. A single server keeps one. */
export const replicasIn = ({ info }: NatsConnection): number => (info?.cluster === undefined ? 1 : 3)

export interface Stores {
  readonly jsm: JetStreamManager
  readonly kv: KV
  /** When the stream was made: another one has other numbers. */
  readonly made: string
}

const settingsOf = (chat: string): Partial<StreamConfig> & { readonly name: string } => ({
  name: namesOf(chat).stream,
  subjects: [namesOf(chat).posts],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age: mostAge,
  max_bytes: mostPosts,
  duplicate_window: window
})

const isApiError = (error: unknown, ...codes: ReadonlyArray<number>): boolean =>
  error instanceof JetStreamApiError && codes.includes(error.code)

/** Whether an entry was not as expected. */
export const isTaken = (error: unknown): boolean =>
  isApiError(error, JetStreamApiCodes.StreamWrongLastSequence, JetStreamApiCodes.StreamWrongLastSequenceUnknown)

/** Whether a stream is not there. */
export const isMissing = (error: unknown): boolean => isApiError(error, JetStreamApiCodes.StreamNotFound)

/** Takes fewer copies while too few nodes of the cluster are there. */
const withReplicas = async <A>(most: number, make: (replicas: number) => Promise<A>): Promise<A> => {
  try {
    return await make(most)
  } catch (error) {
    if (most === 1 || !(error instanceof JetStreamApiError)) throw error
    return await make(1)
  }
}

/** Raises the number of copies of a stream, if the cluster has the nodes for it by now. */
const raise = async (jsm: JetStreamManager, name: string, has: number, wanted: number): Promise<void> => {
  if (has < wanted) await jsm.streams.update(name, { num_replicas: wanted }).catch(() => {})
}

/** Opens the stores of a chat, and makes those that are not there. */
export const open = async (nc: NatsConnection, chat: string): Promise<Stores> => {
  const names = namesOf(chat)
  const replicas = replicasIn(nc)
  const js = jetstream(nc, { timeout: limit })
  const jsm = await jetstreamManager(nc, { timeout: opening })
  const info = await jsm.streams.info(names.stream).catch((error: unknown) => {
    if (!isMissing(error)) throw error
    return withReplicas(replicas, (count) => jsm.streams.add({ ...settingsOf(chat), num_replicas: count }))
  })
  const made = await withReplicas(replicas, (count) =>
    new Kvm(jetstream(nc, { timeout: opening })).create(names.bucket, {
      replicas: count,
      history: 1,
      max_bytes: mostEntries,
      storage: StorageType.File,
      // What the leader says is the newest. A follower may be behind.
      allow_direct: false
    })
  )
  await raise(jsm, names.stream, info.config.num_replicas, replicas)
  await raise(jsm, names.bucketStream, (await made.status()).replicas, replicas)
  const kv = await new Kvm(js).open(names.bucket, { allow_direct: false })
  return { jsm, kv, made: info.created }
}
