#!/usr/bin/env node
/**
 * Starts the bundle beside it, from the code cache that the build has made: V8 then compiles next to nothing. Whoever asks for
 * the version alone, as `outlive --version` and `./server --version` do, has it without the bundle.
 */
"use strict"
const { readFileSync } = require("node:fs")
const { Script } = require("node:vm")

const optional = (path) => {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

const start = () => {
  const filename = `${__dirname}/outlive.bundle.cjs`
  // The bundle is one function, in ASCII. A cache that another version of V8 has made is refused, which costs time and nothing else.
  const script = new Script(readFileSync(filename, "latin1"), {
    filename,
    cachedData: optional(`${__dirname}/outlive.cache`)
  })
  script.runInThisContext()(exports, require, module, filename, __dirname)
  return script
}

/** At most a command stands before it: what comes of anything else is for the command tree to say. */
const [last, ...before] = process.argv.slice(2).reverse()
const asksForVersion =
  /^(--version|-[vV])$/.test(last) && before.length <= 1 && before.every((word) => /^\w+$/.test(word))

if (asksForVersion) {
  process.stdout.on("error", ({ code, message }) => {
    if (code === "EPIPE") return
    console.error(`outlive: stdout can't be written (${message}).`)
    process.exitCode = 1
  })
  console.log(process.env.OUTLIVE_VERSION)
} else {
  const script = start()
  /** For the build: what V8 has compiled by now. */
  module.exports = () => script.createCachedData()
}
