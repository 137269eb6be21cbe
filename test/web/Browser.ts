/** A browser at the page, driven as a person would: by roles, names and keys. */
import * as assert from "node:assert/strict"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core"

/** Debian's package chromium-headless-shell has it. */
const program = "/usr/bin/chromium-headless-shell"

export const hasBrowser = Fs.existsSync(program)

/** How long to wait for anything, in ms, so that a busy machine fails no test. */
const waitLimit = 20_000

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: program })

const axe = () => Fs.readFileSync(Path.resolve("node_modules/axe-core/axe.min.js"), "utf8")

/** What a browser says when the node is away: this is how it should be. */
const isExpected = (text: string): boolean => /ERR_CONNECTION|ERR_EMPTY_RESPONSE|WebSocket connection to/.test(text)

/** What the page measures of itself. */
interface Measured {
  readonly opened?: number
  readonly drawn?: number
}

export class Tab {
  readonly page: Page
  /** What the browser complained of: a violated policy, an error of the page. */
  readonly complaints: Array<string> = []

  constructor(page: Page) {
    this.page = page
    page.setDefaultTimeout(waitLimit)
    page.on("pageerror", (error) => this.complaints.push(String(error)))
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !isExpected(message.text())) {
        this.complaints.push(message.text())
      }
    })
  }

  get log(): Locator {
    return this.page.getByRole("log")
  }

  get input(): Locator {
    return this.page.getByRole("textbox", { name: /^Message / })
  }

  /** Does something in the browser. */
  does<A>(act: (page: Page) => Promise<A>): Effect.Effect<A> {
    return Effect.promise(() => act(this.page))
  }

  /** Presses these keys, one after the other. */
  presses(...keys: ReadonlyArray<string>): Effect.Effect<void> {
    return Effect.forEach(keys, (key) => this.does(({ keyboard }) => keyboard.press(key)), { discard: true })
  }

  types(text: string): Effect.Effect<void> {
    return this.does(({ keyboard }) => keyboard.type(text))
  }

  says(text: string): Effect.Effect<void> {
    return Effect.zipRight(
      this.does(() => this.input.fill(text)),
      this.does(() => this.input.press("Enter"))
    )
  }

  /** Waits until each of these texts stands in the log once. */
  sees(...texts: ReadonlyArray<string>): Effect.Effect<void> {
    return Effect.forEach(
      texts,
      (text) =>
        this.does(async () => {
          const lines = this.log.getByText(text, { exact: true })
          await lines.first().waitFor()
          assert.equal(await lines.count(), 1, text)
        }),
      { discard: true }
    )
  }

  /** The texts of the lines in the log, from top to bottom. */
  get lines(): Effect.Effect<ReadonlyArray<string>> {
    return this.does(() => this.log.locator(".line .text").allTextContents())
  }

  shows(locator: (page: Page) => Locator): Effect.Effect<void> {
    return this.does((page) => locator(page).waitFor())
  }

  /** What is not accessible on the page as it is now; nothing is expected to be. */
  readonly isAccessible = (state: string): Effect.Effect<void> =>
    this.does(async (page) => {
      // Injected by the browser, since the page loads no scripts of others.
      await page.evaluate(axe())
      const violations = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: {
            run: () => Promise<{ violations: ReadonlyArray<{ id: string; nodes: ReadonlyArray<{ html: string }> }> }>
          }
        }
        const found = await axe.run()
        return found.violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" ")}`
        )
      })
      assert.deepEqual(violations, [], state)
    })

  /** When the browser has drawn something of the page for the first time, in ms after the request. */
  get firstPaint(): Effect.Effect<number> {
    return this.does((page) =>
      page.evaluate(() => {
        const [paint] = performance.getEntriesByName("first-contentful-paint")
        return paint?.startTime ?? Number.NaN
      })
    )
  }

  /** How long after the opening of the socket the first line was drawn, in ms. */
  get firstScreen(): Effect.Effect<number> {
    return this.does(async (page) => {
      const { drawn = Number.NaN, opened = Number.NaN } = await page.evaluate(
        () => (globalThis as unknown as { measured: Measured }).measured
      )
      return drawn - opened
    })
  }
}

/** Runs in the page before its own script: notes when the socket has opened, and when the first line was drawn. */
const measure = () => {
  const measured: { opened?: number; drawn?: number } = {}
  const { MutationObserver, WebSocket, document, requestAnimationFrame } = globalThis as unknown as {
    MutationObserver: new (
      changed: () => void
    ) => { observe: (node: object, options: object) => void; disconnect: () => void }
    WebSocket: new (...of: ReadonlyArray<unknown>) => { addEventListener: (name: string, then: () => void) => void }
    document: { querySelector: (selector: string) => unknown }
    requestAnimationFrame: (then: () => void) => void
  }
  const noting = class extends WebSocket {
    constructor(...of: ReadonlyArray<unknown>) {
      super(...of)
      this.addEventListener("open", () => {
        measured.opened ??= performance.now()
      })
    }
  }
  Object.assign(globalThis, { WebSocket: noting, measured })
  const observer = new MutationObserver(() => {
    if (document.querySelector("[role=log] .line") === null) return
    observer.disconnect()
    requestAnimationFrame(() => setTimeout(() => (measured.drawn = performance.now())))
  })
  observer.observe(document as object, { childList: true, subtree: true })
}

/** Opens a link in a browser of its own, with its own cookies. When the scope closes, nothing may have gone wrong. */
export const open = (
  browser: Browser,
  link: string,
  options: BrowserContextOptions = {}
): Effect.Effect<Tab, never, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.acquireRelease(
      Effect.promise(() => browser.newContext({ viewport: { width: 1_280, height: 800 }, ...options })),
      (made) => Effect.promise(() => made.close())
    )
    const tab = new Tab(yield* Effect.promise(() => context.newPage()))
    yield* tab.does((page) => page.addInitScript(measure))
    yield* tab.does((page) => page.goto(link))
    yield* tab.does(() => tab.log.waitFor())
    return tab
  })
