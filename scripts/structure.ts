/**
 * Checks the house: who may import whom, no cycles between files (types included), and sizes. Prints what is wrong and
 * where; the exit code says whether anything is.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'

/** The rooms, each with the rooms whose door it may knock at. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  models: ['core'],
  sandboxes: ['core'],
  rewards: ['core'],
  agents: ['core'],
  data: ['core'],
  engine: ['core'],
  environments: ['core', 'rewards'],
  train: ['core', 'data'],
  serve: ['core', 'data'],
  recipes: ['core', 'environments', 'agents', 'rewards', 'data', 'train'],
  cli: [
    'core',
    'models',
    'sandboxes',
    'rewards',
    'agents',
    'data',
    'engine',
    'environments',
    'train',
    'serve',
    'recipes',
  ],
}

const MAX_LINES = 400
/** Longer files, each with its reason. */
const LONGER: Readonly<Record<string, string>> = {}

/** The page knows the types of its wire and these packages: nothing else of Ludus, and nothing of Node. */
const WEB_MAY = [/^preact(\/|$)/, /^@preact\/signals$/, /^uplot(\/|$)/]
const WIRE = '../src/serve/view/wire.ts'
/** An export is written by the server and read by the page: what lies where stands in one place. */
const EXPORT_NAMES = '../src/serve/view/export-names.ts'

const root = resolve(import.meta.dirname, '../src')
const web = resolve(import.meta.dirname, '../web')
const wrong: string[] = []

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort()
const imports = new Map(files.map((file) => [file, importsOf(join(root, file))]))
const page = readdirSync(join(web, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => join('src', name))

for (const [file, targets] of imports) {
  checkName(file)
  checkSize(join(root, file), file)
  if (!file.endsWith('.test.ts')) for (const target of targets) checkDoor(file, target)
}
for (const file of page) {
  checkSize(join(web, file), `web/${file}`)
  if (!/\.test\.tsx?$/.test(file)) for (const target of importsOf(join(web, file))) checkWeb(file, target)
}
for (const cycle of cycles()) wrong.push(`a cycle: ${cycle.join(' → ')}`)

for (const line of wrong) process.stdout.write(`${line}\n`)
process.stdout.write(`structure: ${files.length + page.length} files, ${wrong.length} wrong\n`)
process.exitCode = wrong.length > 0 ? 1 : 0

/** Every module specifier of a file, types included. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const found = text.matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm)
  return [...found].map(([, from, bare, dynamic]) => `${from ?? bare ?? dynamic}`)
}

function checkName(file: string): void {
  if (!/^[a-z0-9-]+(\.test)?\.ts$/.test(basename(file))) wrong.push(`${file}: file names are kebab-case`)
  const room = file.split('/')[0]!
  if (!Object.hasOwn(ROOMS, room)) wrong.push(`${file}: there is no room '${room}'`)
  if (basename(file) === 'index.ts' && dirname(file) !== room)
    wrong.push(`${file}: index.ts stands at a room's door alone`)
}

function checkSize(path: string, file: string): void {
  const lines = readFileSync(path, 'utf8').split('\n').length - 1
  if (lines > MAX_LINES && !Object.hasOwn(LONGER, file)) wrong.push(`${file}: ${lines} lines, over ${MAX_LINES}`)
}

function checkWeb(file: string, target: string): void {
  if (!target.startsWith('.')) {
    if (!WEB_MAY.some((known) => known.test(target))) wrong.push(`web/${file}: the page may not import '${target}'`)
    return
  }
  const to = relative(web, resolve(web, dirname(file), target))
  if (!to.startsWith('src/') && to !== WIRE && to !== EXPORT_NAMES)
    wrong.push(`web/${file}: the page knows its wire alone, not '${target}'`)
  if (to === WIRE && !typesAlone(join(web, file)))
    wrong.push(`web/${file}: of the wire the page takes types: import type { … }`)
}

function typesAlone(path: string): boolean {
  const found = readFileSync(path, 'utf8').matchAll(/^import (\w+)?[^']*'[^']*\/wire\.ts'/gm)
  return [...found].every(([, word]) => word === 'type')
}

function checkDoor(file: string, target: string): void {
  const room = file.split('/')[0]!
  if (!target.startsWith('.')) {
    if (room === 'core') wrong.push(`${file}: core imports nothing, not '${target}'`)
    return
  }
  const to = relative(root, resolve(root, dirname(file), target))
  const other = to.split('/')[0]!
  if (other === room) {
    if (to === `${room}/index.ts`) wrong.push(`${file}: a room does not go through its own door (${target})`)
    return
  }
  if (!ROOMS[room]?.includes(other)) wrong.push(`${file}: ${room} may not import ${other} (${target})`)
  else if (to !== `${other}/index.ts`) wrong.push(`${file}: ${other} is entered by its door, not by '${target}'`)
}

/** Cycles between files, each once, from wherever it was met first. */
function cycles(): string[][] {
  const state = new Map<string, 'open' | 'done'>()
  const found: string[][] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      found.push([...path.slice(path.indexOf(file)), file])
      return
    }
    state.set(file, 'open')
    for (const target of imports.get(file) ?? []) {
      if (target.startsWith('.')) visit(relative(root, resolve(root, dirname(file), target)), [...path, file])
    }
    state.set(file, 'done')
  }
  for (const file of files) visit(file, [])
  return found
}
