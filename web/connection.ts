/**
 * The connection to the node: the pass of this browser, and one WebSocket. What comes is handed on in batches, so that
 * many lines are drawn at once.
 */
import type { Event } from "./state/Event.ts"
import { delayOf } from "./state/Redial.ts"
import type { Command, Report } from "./state/Wire.ts"

/** What comes within this time is one batch, in ms. */
const batch = 16

/** If drawing a batch takes long, the next one waits for so many times as long: the person comes first. */
const timesAsLong = 5

/** A node that is there opens a WebSocket, and answers, within this time, in ms. */
const patience = 10_000

/** The node closes a WebSocket with this code because the person wanted it: RFC 6455, section 7.4.1. */
const left = 1_000

export interface Connection {
  /** Exchanges the token of the link for a pass, if the link has one, and dials the node. */
  readonly enter: () => Promise<void>
  readonly send: (command: Command) => void
  /** Dials again after a while. */
  readonly redial: (attempts: number) => void
  /**
   * The person is back, or the network: dials at once what waits to be dialled, and finds out whether an open connection
   * is one. A machine that has slept does not know that its connections are gone.
   */
  readonly lookUp: () => void
}

/** Takes the token out of the address, so that it is neither kept nor shown. */
const tokenOfLink = (): string => {
  const token = location.hash.slice(1)
  if (token !== "") history.replaceState(null, "", location.pathname)
  return token
}

/** The status of an answer; 0 if there is none in time. */
const statusOf = (path: string, request: RequestInit = {}): Promise<number> =>
  fetch(path, { ...request, signal: AbortSignal.timeout(patience) }).then(
    ({ status }) => status,
    () => 0
  )

const parsed = (line: string): ReadonlyArray<Report> => {
  try {
    return line === "" ? [] : [JSON.parse(line)]
  } catch {
    return []
  }
}

/** `probe`: a command that the node always answers. */
export const connect = (happened: (event: Event) => void, probe: Command): Connection => {
  let socket: WebSocket | undefined
  let doubt: ReturnType<typeof setTimeout> | undefined
  let waiting: ReturnType<typeof setTimeout> | undefined
  let reports: Array<Report> = []

  let pause = batch

  const flush = () => {
    const came = reports
    reports = []
    if (came.length === 0) return
    const begun = performance.now()
    happened({ _tag: "Heard", reports: came })
    pause = Math.max(batch, timesAsLong * (performance.now() - begun))
  }

  const heard = ({ data }: MessageEvent<string>) => {
    clearTimeout(doubt)
    doubt = undefined
    if (reports.length === 0) setTimeout(flush, pause)
    for (const line of data.split("\n")) reports.push(...parsed(line))
  }

  /** A WebSocket does not say why it was refused. */
  const isRefused = async () => (await statusOf("/pass")) === 401

  const dial = () => {
    clearTimeout(waiting)
    waiting = undefined
    const url = new URL("/session", location.href)
    url.protocol = url.protocol.replace("http", "ws")
    const dialled = new WebSocket(url)
    socket = dialled
    const tooLate = setTimeout(() => dialled.close(), patience)
    let isOpen = false
    dialled.onopen = () => {
      clearTimeout(tooLate)
      isOpen = true
      happened({ _tag: "Connected" })
    }
    dialled.onmessage = heard
    dialled.onclose = async ({ code }) => {
      clearTimeout(tooLate)
      if (socket !== dialled) return
      clearTimeout(doubt)
      doubt = undefined
      socket = undefined
      flush()
      if (code === left) return happened({ _tag: "Left" })
      const refused = !isOpen && (await isRefused())
      // A fresh link may have dialled meanwhile.
      if (socket !== undefined) return
      if (refused) happened({ _tag: "Refused" })
      else happened({ _tag: "Disconnected" })
    }
  }

  const send = (command: Command) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command))
  }

  /** Gives up a connection at once: a browser waits long for the end of one that is gone. */
  const giveUp = () => {
    const lost = socket
    socket = undefined
    doubt = undefined
    lost?.close()
    happened({ _tag: "Disconnected" })
  }

  return {
    enter: async () => {
      const token = tokenOfLink()
      if (token !== "") await statusOf("/pass", { method: "POST", body: token })
      if (socket === undefined) dial()
    },
    send,
    redial: (attempts) => {
      waiting = setTimeout(dial, delayOf(attempts, Math.random()))
    },
    lookUp: () => {
      if (waiting !== undefined) return dial()
      if (socket?.readyState !== WebSocket.OPEN) return
      send(probe)
      doubt ??= setTimeout(giveUp, patience)
    }
  }
}
