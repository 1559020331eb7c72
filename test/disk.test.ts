/** Disks that are full or read-only, clocks that jump, folders copied while they are written: nothing acknowledged is lost. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { random } from '../src/core/index.ts'
import { openRun } from '../src/data/index.ts'
import { type ChatBody, startOpenAiServer } from './openai-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-disk-'))
const main = join(import.meta.dirname, '../src/cli/main.ts')
const TASKS = 60
/** Answers so long, and so hard to compress, that a few megabytes are soon full. */
const LONG = 20_000
let asked: string[] = []
const server = await startOpenAiServer({
  shape: 'plain',
  keep: false,
  async reply({ messages, seed }: ChatBody) {
    const question = `${messages.at(-1)?.content}`
    asked.push(question)
    await new Promise((resolve) => setTimeout(resolve, 10))
    const chance = random(Number(seed))
    return Array.from({ length: LONG / 5 }, () => chance.int(36 ** 5).toString(36)).join('')
  },
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** The words of a command that plays every task once. */
const run = (runs: string, ...more: string[]): string[] => [
  ...['run', 'arithmetic:2', '-m', `openai:any@${server.baseUrl}`, '-n', `${TASKS}`, '-c', '8', '--runs', runs],
  ...more,
]
const only = (runs: string): string => join(runs, readdirSync(runs)[0]!)

interface Ended {
  readonly code: number | null
  /** Output and errors together. */
  readonly out: string
}

/** A line for the shell, with its arguments; `ludus` in it is the command line. */
const shell = (line: string, ...args: string[]): Promise<Ended> => ended('sh', '-c', `${LUDUS}; ${line}`, 'sh', ...args)
/** The same in a mount namespace of its own. */
const apart = (line: string, ...args: string[]): Promise<Ended> =>
  ended('unshare', '-Urm', 'sh', '-c', `${LUDUS}; ${line}`, 'sh', ...args)
const LUDUS = `ludus() { '${process.execPath}' '${main}' "$@"; }`

function ended(program: string, ...args: string[]): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  const hear = (text: string): void => {
    out += text
  }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear)
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ code: null, out: message }))
    child.once('close', (code) => resolve({ code, out }))
  })
}

/** Where it says no, what needs a file system of its own cannot be tried. */
const mounts = (await apart(`mount -t tmpfs none '${folder}'`)).code === 0
if (!mounts) process.stderr.write('no mount namespaces here: full and read-only file systems were not tried\n')

/** Every task once, and none asked again that was answered: eight may have been on their way when it broke. */
async function whole(path: string): Promise<void> {
  await using run = openRun(path, folder)
  const ids = [...run.store.trajectories()].map(({ task, outcome }) => `${task} ${outcome.kind}`)
  expect(new Set(ids).size).toBe(TASKS)
  expect(ids).toHaveLength(TASKS)
  expect(ids.filter((id) => !id.endsWith(' scored'))).toEqual([])
  expect(new Set(asked).size).toBe(TASKS)
  expect(asked.length).toBeLessThanOrEqual(TASKS + 8)
}

describe('a disk that is full', () => {
  it('ends the run with a sentence, and the run goes on when there is room', async () => {
    asked = []
    const runs = join(folder, 'limited')
    // No file may grow beyond this: what a full disk says, said of every file.
    const full = await shell(`trap '' XFSZ; ulimit -f 600; ludus "$@"`, ...run(runs))
    expect(full.out).toMatch(/ludus: .*(the disk is full|may not grow any further|could not be read or written)/)
    expect(full.code).toBe(1)
    expect(asked.length).toBeLessThan(TASKS)
    expect(await shell('ludus resume "$@"', only(runs))).toMatchObject({ code: 0 })
    await whole(only(runs))
  })

  it.skipIf(!mounts)('is what it says of a file system that is really full', async () => {
    asked = []
    const [runs, later] = [join(folder, 'full'), join(folder, 'later')]
    mkdirSync(runs)
    const line = `mount -t tmpfs -o size=1m none '${runs}'; ludus "$@"; echo "exit $?"; cp -r '${runs}' '${later}'`
    const { out } = await apart(line, ...run(runs))
    expect(out).toContain('the disk is full: make room')
    expect(out).toContain('exit 1')
    expect(await shell('ludus resume "$@"', only(later))).toMatchObject({ code: 0 })
    await whole(only(later))
  })
})

describe('a folder that may not be written to', () => {
  it.skipIf(!mounts)('is refused before anything is asked, and a run that lies in one can be read', async () => {
    asked = []
    const [runs, copy] = [join(folder, 'writable'), join(folder, 'read-only')]
    expect(await shell('ludus "$@"', ...run(runs))).toMatchObject({ code: 0 })
    mkdirSync(copy)
    const mounted = `mount -t tmpfs none '${copy}'; cp -r '${runs}/.' '${copy}'; mount -o remount,ro none '${copy}'`
    const before = asked.length
    const refused = await apart(`${mounted}; ludus "$@"`, ...run(copy))
    expect(refused).toMatchObject({ code: 1, out: expect.stringMatching(/^ludus: .*read-only/m) })
    expect(asked.length).toBe(before)
    const resumed = await apart(`${mounted}; ludus resume "$@"`, join(copy, readdirSync(runs)[0]!))
    expect(resumed).toMatchObject({
      code: expect.toSatisfy((code) => code > 0),
      out: expect.stringMatching(/^ludus: /m),
    })
    const shown = await apart(`${mounted}; ludus show "$@"`, join(copy, readdirSync(runs)[0]!))
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining(`… ${TASKS - 20} more`) })
  })
})

describe('a clock that jumps back', () => {
  it('changes nothing', async () => {
    asked = []
    const runs = join(folder, 'clock')
    const jump = join(folder, 'jump.mjs')
    // A day back, half a second in.
    writeFileSync(
      jump,
      `const Real = Date; const start = performance.now()
       const now = () => Real.now() - (performance.now() - start > 500 ? 86_400_000 : 0)
       globalThis.Date = class extends Real { constructor(...a) { if (a.length > 0) super(...a); else super(now()) } }
       globalThis.Date.now = now`,
    )
    expect(await shell(`export NODE_OPTIONS='--import ${jump}'; ludus "$@"`, ...run(runs))).toMatchObject({ code: 0 })
    await whole(only(runs))
    await using done = openRun(only(runs), folder)
    expect(done.manifest).toMatchObject({ state: 'done', seconds: expect.toSatisfy((seconds) => seconds > 0) })
    for (const { timeMs } of done.store.rows()) expect(timeMs).toBeGreaterThan(0)
  })
})

describe('a run that is copied while it is live', () => {
  it('goes on from the copy with all that was acknowledged by then', async () => {
    asked = []
    const [runs, copy] = [join(folder, 'live'), join(folder, 'copy')]
    const playing = shell('ludus "$@"', ...run(runs))
    while (asked.length < TASKS / 2) await new Promise((resolve) => setTimeout(resolve, 5))
    const known = async (path: string): Promise<string[]> => {
      await using run = openRun(path, folder)
      return [...run.store.rows()].map(({ id }) => id)
    }
    const acknowledged = await known(only(runs))
    cpSync(runs, copy, { recursive: true })
    expect(await known(only(copy))).toEqual(expect.arrayContaining(acknowledged))
    expect(await playing).toMatchObject({ code: 0 })
    await whole(only(runs))
    const before = asked.length
    expect(await shell('ludus resume "$@"', only(copy))).toMatchObject({ code: 0 })
    // What the live run asked after it was copied, and what was on its way then.
    expect(asked.length - before).toBeLessThanOrEqual(TASKS - acknowledged.length)
    asked.length = before
    await whole(only(copy))
  })
})
