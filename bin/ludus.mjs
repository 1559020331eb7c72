#!/usr/bin/env node
// The `ludus` command: the built package where it is installed, the source where this is a clone.
import { existsSync } from 'node:fs'
import * as modules from 'node:module'
import { fileURLToPath } from 'node:url'

const source = new URL('../src/cli/main.ts', import.meta.url)
const setup = new URL('../scripts/setup.mjs', import.meta.url)

if (existsSync(source) && existsSync(setup)) {
  const { compiled, prepare, runUnder } = await import(setup.href)
  const node = await prepare()
  if (node === process.execPath) {
    modules.enableCompileCache(compiled)
    await import(source.href)
  } else runUnder(node, [fileURLToPath(source), ...process.argv.slice(2)])
} else if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import('../dist/cli/main.js')
} else {
  process.stderr.write(`ludus: Ludus needs Node 24 or newer, and this is ${process.version}\n`)
  process.exitCode = 1
}
