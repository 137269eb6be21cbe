/** All systems, and which of them are installed here. */
import * as Fs from "node:fs"
import { inspircd } from "./inspircd.ts"
import { irssi, weechat } from "./irc.ts"
import { gossipsubNodes, type MeshSystem, outliveNodes, rawNodes } from "./meshes.ts"
import { mosquitto } from "./mosquitto.ts"
import { nats } from "./nats.ts"
import { ngircd } from "./ngircd.ts"
import { aedes, ws } from "./npm.ts"
import { layers, outlive, withData } from "./outlive.ts"
import { epoll, naive, tuned } from "./raw.ts"
import { redis } from "./redis.ts"
import type { System } from "./System.ts"

const all: ReadonlyArray<System> = [
  outlive,
  withData,
  layers,
  tuned,
  naive,
  epoll,
  redis,
  nats,
  mosquitto,
  ngircd,
  inspircd,
  ws,
  aedes
]

export const isHere = ({ needs }: Pick<System, "needs">): boolean => {
  if (needs === undefined) return true
  if ("package" in needs) return Fs.existsSync(`bench/peers/node_modules/${needs.package}`)
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"]
  return folders.some((folder) => Fs.existsSync(`${folder}/${needs.command}`))
}

/** The systems that can be measured here. */
export const present = all.filter(isHere)

/** The systems that are missing: `bench/install-peers.sh` installs them. */
export const missing = [...all, gossipsubNodes, irssi, weechat].filter((system) => !isHere(system))

/** The meshes that can be measured here. A quick run leaves out gossipsub, whose mesh takes seconds to form. */
export const meshes = (quick: boolean): ReadonlyArray<MeshSystem> =>
  [outliveNodes, rawNodes, ...(quick ? [] : [gossipsubNodes])].filter(isHere)
