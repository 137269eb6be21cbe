#!/usr/bin/env node
/** Starts the bundle beside it, from the code cache that the build has made: V8 then compiles next to nothing. */
"use strict"
const { readFileSync } = require("node:fs")
const { Script } = require("node:vm")

const filename = `${__dirname}/outlive.bundle.cjs`
const optional = (path) => {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

// The bundle is ASCII. A cache that another version of V8 has made is refused, which costs time and nothing else.
const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, "latin1")}\n})`
const script = new Script(source, { filename, cachedData: optional(`${__dirname}/outlive.cache`) })
script.runInThisContext()(exports, require, module, filename, __dirname)

/** For the build: what V8 has compiled by now. */
module.exports = () => script.createCachedData()
