/** The layers of a server that is one of several, each at a site of its own. Only a server with --nats loads them. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Keep from "../../layers/Keep.ts"
import * as BusSites from "../../layers/nats/BusSites.ts"
import { look } from "../../layers/nats/Look.ts"
import * as NatsBus from "../../layers/nats/NatsBus.ts"
import * as NatsPortStore from "../../layers/nats/NatsPortStore.ts"
import * as Relay from "../../layers/nats/Relay.ts"
import * as SiteCipher from "../../layers/nats/SiteCipher.ts"
import * as SiteTransport from "../../layers/nats/SiteTransport.ts"
import * as SiteFiles from "../../layers/SiteFiles.ts"
import { Bus } from "../../services/Bus.ts"
import type { PortStore } from "../../services/PortStore.ts"
import { SiteKeys } from "../../services/SiteKeys.ts"
import type * as ServerCommand from "../commands/server.ts"
import { serverOf } from "../domain/Site.ts"
import type { Abroad } from "./node.ts"

type Given = Option.Option.Value<ServerCommand.Arguments["sites"]>

/** How the client of NATS is told of it. `name`: of this node in NATS' own lists. */
const natsSettings = (
  { nats, natsCa, natsChat, natsCreds }: Pick<Given, "nats" | "natsCa" | "natsChat" | "natsCreds">,
  name: string
): NatsBus.Settings => ({
  servers: nats,
  chat: natsChat,
  name,
  creds: Option.getOrUndefined(natsCreds),
  ca: Option.getOrUndefined(natsCa)
})

/** Others see the command line of a process: what is before the host in a URL of NATS is hidden there. */
const hideAccounts: Effect.Effect<void> = Effect.sync(() => {
  const shown = process.argv.map((each) => each.replace(/((?:nats|tls):\/\/)[^@/]*@/, "$1***@"))
  if (shown.join() !== process.argv.join()) process.title = shown.join(" ")
})

/** What is found of a chat in NATS. */
export const found = (given: Parameters<typeof natsSettings>[0]) =>
  Effect.zipRight(hideAccounts, look(natsSettings(given, "outlive doctor")))

/** What such a server has in place of what one alone has. `isSecure`: whether its chat is. */
const make = (given: Given, isSecure: boolean, data: Option.Option<string>) =>
  Effect.gen(function* () {
    const { natsBlind, site } = given
    const bus = Layer.succeed(Bus, yield* Bus)
    const cipher = isSecure ? yield* SiteCipher.make(natsBlind) : undefined
    const abroad: Abroad = {
      plain: (limits) => Layer.provide(SiteTransport.layer(site, limits), bus),
      secure: (limits) => Layer.provide(SiteTransport.secure(site, limits), bus),
      files: SiteFiles.layer,
      relay: Layer.provide(
        Relay.layer({
          id: serverOf(site),
          site,
          keep: Keep.keepIn(data, "nats.json"),
          ...(cipher === undefined ? {} : { wrapping: cipher.wrapping })
        }),
        bus
      )
    }
    return {
      abroad,
      portStore: <E, R>(copy: Layer.Layer<PortStore, E, R>) =>
        Layer.provide(NatsPortStore.layer({ site, sharesChat: !isSecure }, copy), bus),
      keys: cipher === undefined ? Context.empty() : Context.make(SiteKeys, cipher.keys)
    }
  })

export type Surroundings = Effect.Effect.Success<ReturnType<typeof make>>

/** Runs what `use` makes of the layers of a site, connected to NATS. */
export const atSite =
  (given: Given, isSecure: boolean, data: Option.Option<string>) =>
  <A, E, R>(use: (made: Surroundings) => Effect.Effect<A, E, R>) =>
    Effect.flatMap(Effect.zipRight(hideAccounts, make(given, isSecure, data)), (made) =>
      Effect.mapInputContext(use(made), (context: Context.Context<R>) => Context.merge(context, made.keys))
    ).pipe(
      Effect.provide(BusSites.layer(given.site)),
      Effect.provide(NatsBus.layer(natsSettings(given, `outlive ${given.site}`)))
    )
