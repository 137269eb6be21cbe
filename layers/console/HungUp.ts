/** Terminals of this process that hang up: a window that is closed, a connection that breaks. */
import { closeSync } from "node:fs"
import { isatty } from "node:tty"

/** Which of stdin, stdout and stderr were terminals at the start of the process. */
const begunAtTerminal = [0, 1, 2].map((descriptor) => isatty(descriptor))

/** Whether any of them was. `nohup` leaves none. */
export const isAtTerminal = begunAtTerminal.includes(true)

/**
 * At exit, Node restores the modes of the terminals that it started with, and aborts if that fails. It fails on a
 * terminal that has hung up. Node leaves closed descriptors alone, so this closes those of such terminals. It must be
 * the last listener of `exit`.
 */
export const dropHungUp = (): void => {
  for (const descriptor of [0, 1, 2]) {
    try {
      if (begunAtTerminal[descriptor] && !isatty(descriptor)) closeSync(descriptor)
    } catch {
      // The descriptor was closed already.
    }
  }
}
