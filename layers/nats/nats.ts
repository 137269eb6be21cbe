/** The client of NATS. Only a server that is told of NATS needs it, so it has a bundle of its own. */
export {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo
} from "@nats-io/jetstream"
export { type KV, Kvm } from "@nats-io/kv"
export {
  connect,
  createInbox,
  credsAuthenticator,
  headers,
  type Msg,
  type NatsConnection,
  type Subscription
} from "@nats-io/transport-node"
