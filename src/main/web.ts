/** The page of a node, which a node has only if it is asked for. */
import { randomBytes } from "node:crypto"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { keepIn } from "../../layers/Keep.ts"
import type { Console } from "../../services/Console.ts"
import type { Files } from "../../services/Files.ts"
import type { Sessions } from "../../services/Sessions.ts"
import { type FrontEndUnable, namedBy } from "../domain/Errors.ts"
import type { Address } from "../domain/Peer.ts"
import { usual } from "../domain/Settings.ts"
import { sizeIn } from "../domain/Size.ts"

export interface Web {
  readonly data: Option.Option<string>
  readonly web: Option.Option<Address>
  readonly webCert: Option.Option<string>
  readonly webKey: Option.Option<string>
  readonly limitUpload: Option.Option<number>
  /** Whether to open the page in a browser. */
  readonly opensBrowser?: boolean
}

/** The folder with the files of the page. They are in the package, next to the bundle of the program. */
const files = () => Path.join(__dirname, "web")

/** Where files that a page gives to its node are kept: in the data folder, or in one that goes with the node. */
const uploadsIn = ({ data, limitUpload }: Pick<Web, "data" | "limitUpload">) => ({
  folder: Option.match(data, {
    onNone: () => Path.join(Os.tmpdir(), `outlive-offered-${randomBytes(12).toString("base64url")}`),
    onSome: (folder) => Path.join(folder, "offered")
  }),
  stays: Option.isSome(data),
  most: Option.getOrElse(limitUpload, () => sizeIn(usual.upload) ?? 0)
})

/** Serves the page, as far as the options ask for it. Its module is loaded only then. */
export const webFor = ({
  data,
  limitUpload,
  opensBrowser = false,
  web,
  webCert,
  webKey
}: Web): Layer.Layer<never, FrontEndUnable, Sessions | Console | Files> =>
  Option.match(web, {
    onNone: () => Layer.empty,
    onSome: (listen) =>
      Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => import("../../layers/WebFrontEnd.ts")),
          ({ layer }) =>
            layer({
              listen,
              folder: files(),
              certificate: Option.getOrUndefined(Option.all({ certificate: webCert, key: webKey })),
              opensBrowser,
              uploads: uploadsIn({ data, limitUpload }),
              keep: keepIn(data, "web-passes.json")
            })
        )
      ).pipe(Layer.mapError(namedBy("--web")))
  })
