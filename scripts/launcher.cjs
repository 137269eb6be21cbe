#!/usr/bin/env node
/**
 * Starts the bundle in the same folder from the code cache of the build, so that V8 compiles next to nothing. `outlive
 * --version` and `./server --version` print the version without the bundle.
 */
"use strict"
const { readFileSync, statSync } = require("node:fs")
const { Script } = require("node:vm")

const optional = (path) => {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/**
 * The first bytes of the code cache name the Node that made it. V8 refuses a cache of another version of V8. It accepts
 * one of another build of its own version, as Node 20.10 and 20.20 are, and then the process ends with SIGSEGV.
 */
const maker = Buffer.alloc(64, " ")
maker.write(`${process.version} ${process.arch} ${statSync(process.execPath, { throwIfNoEntry: false })?.size}`)

/** The cache for V8. Undefined if another Node made it, or there is none: then the start takes longer. */
const cachedData = () => {
  const cache = optional(`${__dirname}/outlive.cache`)
  return cache?.subarray(0, maker.length).equals(maker) ? cache.subarray(maker.length) : undefined
}

const start = () => {
  const filename = `${__dirname}/outlive.bundle.cjs`
  // The bundle is one function, in ASCII.
  const script = new Script(readFileSync(filename, "latin1"), { filename, cachedData: cachedData() })
  script.runInThisContext()(exports, require, module, filename, __dirname)
  return script
}

/** At most a command may stand before the option. The command tree handles everything else. */
const [last, ...before] = process.argv.slice(2).reverse()
const asksForVersion =
  /^(--version|-[vV])$/.test(last) && before.length <= 1 && before.every((word) => /^\w+$/.test(word))

if (asksForVersion) {
  process.stdout.on("error", ({ code }) => {
    if (code === "EPIPE") return
    const detail = code === "ENOSPC" ? "the disk is full" : code
    console.error(`outlive: Some output is lost: stdout can't be written (${detail}).`)
    process.exitCode = 1
  })
  console.log(process.env.OUTLIVE_VERSION)
} else {
  const script = start()
  /** For the build: the cache of all code that V8 has compiled so far. */
  module.exports = () => Buffer.concat([maker, script.createCachedData()])
}
