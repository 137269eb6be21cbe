/** What is answered to a browser: the files of the page, and passes for those who have a link. */
import * as Effect from "effect/Effect"
import type * as Services from "../../services/Files.ts"
import { isOrigin, parseOrigin, type Scheme } from "../../src/protocol/Authority.ts"
import { bodyOf } from "../http/Body.ts"
import type { Visit } from "../http/HttpServer.ts"
import { notAllowed, type Reply, sentence } from "../http/Reply.ts"
import { download } from "./Download.ts"
import { type Files, replyWith } from "./Files.ts"
import type { Passes } from "./Passes.ts"
import type { Uploads } from "./Uploads.ts"

/** A pass is kept by a browser for so long without being used, in seconds: 30 days. */
const passAge = 2_592_000

/** A longer token is none. */
const longestToken = 128

/** Sent with everything. Nothing but the page's own files may run or be shown, and nobody may frame it. */
export const headers: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'"
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache"
}

/** The words for those who are refused. */
const needsPass = sentence(
  401,
  "You need a link with a token: type /web at the terminal of this node, and open the link within a minute."
)
const tokenRefused = sentence(
  403,
  "This link was used already, or is older than a minute: type /web at the terminal of this node for another one."
)
const foreignPage = sentence(403, "Only the page of this node itself may ask for that.")
const notThere = sentence(404, "There is nothing here.")
const notBuilt = sentence(404, "This node has no page: it was not built.")
const needsUpgrade = sentence(426, "Here is a WebSocket.", { upgrade: "websocket", connection: "Upgrade" })

export interface House {
  readonly scheme: Scheme
  readonly files: Files
  readonly passes: Passes
  readonly uploads: Uploads
  /** What is here of files that were offered in the chat. */
  readonly offered: Pick<Services.Files["Type"], "transfers">
  /** The name of the cookie that has the pass. */
  readonly cookie: string
}

/** The name of the cookie: cookies of a host are sent to all its ports. With TLS, no other host can set one like it. */
export const cookieName = (scheme: Scheme, port: number): string =>
  scheme === "https" ? `__Host-outlive-${port}` : `outlive-${port}`

/** A cookie of a request; undefined if there is none. */
const cookieIn = (header: string | undefined, name: string): string | undefined =>
  (header ?? "")
    .split(";")
    .map((each) => each.trim())
    .find((each) => each.startsWith(`${name}=`))
    ?.slice(name.length + 1)

/** Whether the page itself sent that request, or somebody without a browser who says so. */
const isOwn = ({ scheme }: House, { authority, request }: Visit): boolean => {
  const [origin = "", another] = request.headersDistinct["origin"] ?? []
  return another === undefined && isOrigin(parseOrigin(origin), scheme, authority)
}

/** The pass that a request has; undefined if it has none. */
const passOf = ({ cookie, passes }: House, { request }: Visit): string | undefined => {
  const pass = cookieIn(request.headers.cookie, cookie)
  return pass !== undefined && passes.isPass(pass) ? pass : undefined
}

const hasPass = (house: House, visit: Visit): boolean => passOf(house, visit) !== undefined

const cookieFor = ({ cookie, scheme }: House, pass: string): string =>
  `${cookie}=${pass}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${passAge}${scheme === "https" ? "; Secure" : ""}`

/** Exchanges a token for a pass. */
const admit = (house: House, visit: Visit): Effect.Effect<Reply> =>
  Effect.map(bodyOf(visit.request, longestToken), (token) => {
    const { passes } = house
    const pass = token === undefined ? undefined : passes.exchange(token.trim())
    if (pass === undefined) return tokenRefused
    visit.introduced()
    return { status: 204, headers: { "set-cookie": cookieFor(house, pass) } }
  })

const passFor = (house: House, visit: Visit): Effect.Effect<Reply> => {
  const { method } = visit.request
  if (method === "GET") return Effect.succeed(hasPass(house, visit) ? { status: 204 } : needsPass)
  if (method !== "POST") return Effect.succeed(notAllowed("GET, POST"))
  return isOwn(house, visit) ? admit(house, visit) : Effect.succeed(foreignPage)
}

/** The path of uploads, and that of the files that were offered, each followed by its digest. */
const uploadsPath = "/uploads"
const offeredPath = "/offered/"

/** Takes files from the page itself. */
const uploadFor = (house: House, visit: Visit, rest: string): Effect.Effect<Reply> => {
  if (!isOwn(house, visit)) return Effect.succeed(foreignPage)
  if (!hasPass(house, visit)) return Effect.succeed(needsPass)
  visit.introduced()
  return house.uploads.answer(visit, rest)
}

/** Whether another page has led the browser here. Older browsers don't say. */
const isLedHere = ({ request: { headers } }: Visit): boolean =>
  !["same-origin", "none", undefined].includes(headers["sec-fetch-site"] as string | undefined)

/** Gives a file that is here to the browser, to save it. */
const offeredFor = (house: House, visit: Visit, digest: string): Effect.Effect<Reply> => {
  const { method } = visit.request
  if (method !== "GET" && method !== "HEAD") return Effect.succeed(notAllowed("GET, HEAD"))
  if (isLedHere(visit)) return Effect.succeed(foreignPage)
  if (!hasPass(house, visit)) return Effect.succeed(needsPass)
  visit.introduced()
  return download(house.offered, digest)
}

const fileFor = ({ files }: House, { request: { headers, method } }: Visit, path: string): Reply => {
  const file = files.get(path)
  if (file === undefined) return path === "/" ? notBuilt : notThere
  return method === "GET" || method === "HEAD" ? replyWith(file, headers) : notAllowed("GET, HEAD")
}

const pathOf = ({ request: { url = "" } }: Visit): string => url.replace(/[?#].*$/s, "")

const sessionPath = "/session"

/** The answer to a request of HTTP. */
export const answerTo = (house: House, visit: Visit): Effect.Effect<Reply> => {
  const path = pathOf(visit)
  if (path === "/pass") return passFor(house, visit)
  if (path === sessionPath) return Effect.succeed(needsUpgrade)
  if (path === uploadsPath || path.startsWith(`${uploadsPath}/`)) {
    return uploadFor(house, visit, path.slice(uploadsPath.length))
  }
  if (path.startsWith(offeredPath)) return offeredFor(house, visit, path.slice(offeredPath.length))
  const reply = fileFor(house, visit, path)
  const pass = path === "/" ? passOf(house, visit) : undefined
  // Each time that a browser opens the page, it keeps its pass for as long again.
  return Effect.succeed(
    pass === undefined ? reply : { ...reply, headers: { ...reply.headers, "set-cookie": cookieFor(house, pass) } }
  )
}

/** Why a request for a WebSocket is refused; undefined if it is granted. */
export const refusalOf = (house: House, visit: Visit): Reply | undefined => {
  if (pathOf(visit) !== sessionPath) return notThere
  if (!isOwn(house, visit)) return foreignPage
  return hasPass(house, visit) ? undefined : needsPass
}
