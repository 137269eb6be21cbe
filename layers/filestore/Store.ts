/** A file store over operations that run somewhere: in this thread, or in another one. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { FileStore, type Progress, type Shared, type Target } from "../../services/FileStore.ts"
import { FolderUnusable } from "../../src/domain/Errors.ts"
import { pieceBytes, piecesOf } from "../../src/domain/Manifest.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import { PieceSet } from "../../src/domain/PieceSet.ts"
import { Buffers } from "./Buffers.ts"
import type { FileError } from "./errorOf.ts"
import type { Handle, OperationName, Operations, SharedHere } from "./Operations.ts"

/** Runs an operation. It fails with the errors that the operation has; which these are, this file knows. */
export type Run = <Name extends OperationName>(
  name: Name,
  ...args: Parameters<Operations[Name]>
) => Effect.Effect<Awaited<ReturnType<Operations[Name]>>, FileError>

/** Takes what only one process at a time may use, until the scope closes. False if another one has it. */
export type Lock = (folder: string, name: string) => Effect.Effect<boolean, FolderUnusable, Scope.Scope>

export interface Settings {
  readonly run: Run
  readonly lock: Lock
  readonly finish: "finish" | "finishNow"
}

/** The errors that an operation can have; any other one is a bug of ours. */
const withErrors =
  <Tag extends FileError["_tag"]>(...tags: ReadonlyArray<Tag>) =>
  <A, R>(effect: Effect.Effect<A, FileError, R>): Effect.Effect<A, Extract<FileError, { readonly _tag: Tag }>, R> =>
    Effect.catchAll(effect, (error) =>
      (tags as ReadonlyArray<string>).includes(error._tag)
        ? Effect.fail(error as Extract<FileError, { readonly _tag: Tag }>)
        : Effect.die(error)
    )

const ofWriting = withErrors("DiskFull", "FolderUnusable")

export const makeStore = ({ finish, lock, run }: Settings): FileStore["Type"] => {
  const buffers = new Buffers()

  const closing = (handle: Handle) => Effect.ignore(run("close", handle))

  /** The bytes of a piece. If nobody waits for them any more, the thread may still be writing to the buffer: it is lost. */
  const readWith = (name: "read" | "readShared", handle: Handle, piece: number) =>
    Effect.suspend(() => {
      const buffer = buffers.take()
      return Effect.map(run(name, handle, piece, buffer), (length) => buffer.subarray(0, length))
    })

  const sharedOf = ({ handle, ...shared }: SharedHere): Shared => ({
    ...shared,
    read: (piece) => withErrors("FileUnreadable", "FileChanged")(readWith("readShared", handle, piece))
  })

  const offer = Effect.fn("FileStore.offer")(function* (paths: ReadonlyArray<string>, progress?: Progress) {
    const maker = yield* Effect.acquireRelease(run("make", paths), closing)
    const next = (): Effect.Effect<SharedHere, FileError> =>
      Effect.flatMap(run("makeNext", maker), (step) => {
        if ("handle" in step) return Effect.succeed(step)
        progress?.(step.done, step.of)
        return Effect.suspend(next)
      })
    const made = yield* Effect.acquireRelease(Effect.interruptible(next()), ({ handle }) => closing(handle))
    return sharedOf(made)
  })

  /** Checks what is there from an earlier time, step by step. */
  const checked = (handle: Handle, { size }: Offer, progress: Progress | undefined) => {
    const has = PieceSet.none(piecesOf(size))
    let done = 0
    const next = (): Effect.Effect<PieceSet, FileError> =>
      Effect.flatMap(run("check", handle), ({ left, right }) => {
        for (const piece of right) has.add(piece)
        done += right.length
        if (left === 0) return Effect.succeed(has)
        progress?.(done * pieceBytes, (done + left) * pieceBytes)
        return Effect.suspend(next)
      })
    return next()
  }

  /** The offer as it is in the folder already, each piece checked; undefined if it is not. */
  const wholeIn = (folder: string, offer: Offer, manifest: Uint8Array) =>
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      /** Takes what stands under its n-th name or a later one, if it is right; else returns the next name to look at. */
      const look = (n: number) =>
        Effect.gen(function* () {
          const found = yield* Effect.acquireRelease(run("whole", folder, offer, manifest, n), (whole) =>
            whole === undefined ? Effect.void : closing(whole.handle)
          )
          if (found === undefined) return undefined
          let left = 1
          while (left > 0) {
            const checked = yield* run("checkWhole", found.handle)
            if (!checked.isRight) return found.n + 1
            left = checked.left
          }
          const taking = Effect.acquireRelease(run("take", found.handle, folder, offer), ({ handle }) =>
            closing(handle)
          )
          return yield* Scope.extend(taking, scope)
        })
      let whole = yield* Effect.scoped(look(1))
      while (typeof whole === "number") whole = yield* Effect.scoped(look(whole))
      return whole && sharedOf({ ...whole, offer, manifest, skipped: [] })
    })

  /** A target of which everything is there, under its name. */
  const targetOfWhole = (whole: Shared): Target => ({
    offer: whole.offer,
    manifest: whole.manifest,
    has: PieceSet.all(piecesOf(whole.offer.size)),
    write: (_, bytes) =>
      Effect.sync(() => {
        buffers.give(bytes)
        return true
      }),
    read: (piece) =>
      Effect.mapError(whole.read(piece), ({ message, path }) => new FolderUnusable({ path, detail: message })),
    finish: Effect.succeed(whole),
    discard: Effect.void
  })

  const target = Effect.fn("FileStore.target")(function* (
    folder: string,
    offer: Offer,
    manifest: Uint8Array,
    progress?: Progress
  ) {
    const real = yield* run("folder", folder)
    if (!(yield* lock(real, offer.digest))) {
      return yield* new FolderUnusable({
        path: real,
        detail: `${offer.name} is being fetched into it already`,
        remedy: "wait for that, or name another folder"
      })
    }
    const whole = yield* wholeIn(real, offer, manifest)
    if (whole !== undefined) return targetOfWhole(whole)
    const part = yield* Effect.acquireRelease(run("open", real, offer, manifest), closing)
    const has = yield* checked(part, offer, progress)
    yield* run("mustHaveRoom", part, Math.max(0, offer.size - has.count * pieceBytes))
    return targetOf(part, offer, manifest, has, yield* Effect.scope)
  })

  const targetOf = (part: Handle, offer: Offer, manifest: Uint8Array, has: PieceSet, scope: Scope.Scope): Target => ({
    offer,
    manifest,
    has,
    write: (piece, bytes) =>
      Effect.map(ofWriting(run("write", part, piece, bytes)), (isRight) => {
        buffers.give(bytes)
        if (isRight) has.add(piece)
        return isRight
      }),
    read: (piece) => withErrors("FolderUnusable")(readWith("read", part, piece)),
    finish: Effect.suspend(() => {
      if (!has.isAll) return Effect.dieMessage("pieces are missing")
      // A slow disk may take long: whoever gives it up then does not wait.
      const finishing = Effect.interruptible(ofWriting(run(finish, part)))
      return Effect.acquireRelease(finishing, ({ handle }) => closing(handle)).pipe(
        Scope.extend(scope),
        Effect.map((finished) => sharedOf({ ...finished, offer, manifest, skipped: [] }))
      )
    }),
    discard: Effect.ignore(run("discard", part))
  })

  return FileStore.of({
    offer: (paths, progress) => withErrors("FileUnreadable", "FileChanged", "TooMuch")(offer(paths, progress)),
    digest: (bytes) => Effect.orDie(run("digest", bytes)),
    buffer: () => buffers.take(),
    giveBack: (bytes) => buffers.give(bytes),
    kept: (folder, offer) => Effect.orDie(run("kept", folder, offer)),
    target: (folder, offer, manifest, progress) =>
      withErrors("ManifestMalformed", "DiskFull", "FolderUnusable")(target(folder, offer, manifest, progress))
  })
}
