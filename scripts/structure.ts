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

const root = resolve(import.meta.dirname, '../src')
const wrong: string[] = []

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort()
const imports = new Map(files.map((file) => [file, importsOf(file)]))

for (const [file, targets] of imports) {
  checkName(file)
  checkSize(file)
  if (!file.endsWith('.test.ts')) for (const target of targets) checkDoor(file, target)
}
for (const cycle of cycles()) wrong.push(`a cycle: ${cycle.join(' → ')}`)

for (const line of wrong) process.stdout.write(`${line}\n`)
process.stdout.write(`structure: ${files.length} files, ${wrong.length} wrong\n`)
process.exitCode = wrong.length > 0 ? 1 : 0

/** Every module specifier of a file, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
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

function checkSize(file: string): void {
  const lines = readFileSync(join(root, file), 'utf8').split('\n').length - 1
  if (lines > MAX_LINES && !Object.hasOwn(LONGER, file)) wrong.push(`${file}: ${lines} lines, over ${MAX_LINES}`)
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
