/** The dashboard in a real browser, on real runs: every page, in light, in dark and on a phone's width. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRun } from '../src/data/index.ts'
import { openChromium } from './chromium.ts'
import { HOSTILE } from './view-run.ts'
import { startView, type ViewServer } from './view-server.ts'
import { type LOOKS, type Visitor, visitor, wrongWith } from './view-visitor.ts'

const browser: Browser | undefined = await openChromium().catch((error) => {
  process.stderr.write(`the dashboard was not tried: no Chromium can be started (${error.message})\n`)
  return undefined
})

const folder = mkdtempSync(join(tmpdir(), 'ludus-pages-'))
const runs = join(folder, 'runs')
const root = join(import.meta.dirname, '..')
const main = join(root, 'src/cli/main.ts')
const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
const ludus = (...args: string[]): string => node(main, ...args, '--runs', runs, '--json')

/** A world whose reward can be had for nothing. */
function careless(): string {
  const path = join(folder, 'careless.ts')
  const worlds = pathToFileURL(join(import.meta.dirname, 'worlds.ts'))
  const rubric = '{ rubric: { success: { weight: 1, score: ({ steps }) => (steps.length > 3 ? 1 : 0) } } }'
  writeFileSync(path, `import { counting } from '${worlds}'\nexport default counting(${rubric})\n`)
  return path
}

/** Ids of trajectories, each as it stands in an address. */
function ids(run: string, wanted: (id: string) => boolean): string[] {
  const { store } = openRun(run, runs)
  const found = [...store.ids()].filter(wanted).map(encodeURIComponent)
  store[Symbol.asyncDispose]()
  expect(found.length).toBeGreaterThan(0)
  return found
}

const TRAIN = ['arithmetic:1', '--imitation-steps', '400', '--steps', '400', '--width', '16', '--layers', '1']

describe.skipIf(!browser)('the dashboard', () => {
  let server: ViewServer

  beforeAll(async () => {
    node('bench/view/make-run.ts', runs, '400')
    node('test/view-run.ts', runs)
    ludus('run', 'maze', '-m', 'noisy-oracle:0.3', '-n', '20', '-k', '4')
    ludus('run', 'maze', '-m', 'random', '-n', '20', '-k', '4')
    ludus('train', ...TRAIN)
    try {
      ludus('check', careless(), '--tasks', '4')
    } catch {
      // It is not certified, and says so by its exit code.
    }
    server = await startView(runs)
  }, 180_000)
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  const looked = async (look: keyof typeof LOOKS): Promise<void> => {
    await using eve = await visitor(browser!, server.url, look)
    const wrong: string[] = []
    const see = async (hash: string, text: string | RegExp): Promise<void> => {
      await eve.open(hash, text).catch(() => wrong.push(`${hash}: does not show '${text}'`))
      wrong.push(...(await wrongWith(eve, hash)))
    }
    await see('/', 'run-maze-1')
    await see('/run/run-bench-1', 'Outcomes')
    await see('/run/run-bench-1/trajectories', /trajectories/)
    await see('/run/run-bench-1/tasks', 'pass@k')
    await see('/run/run-bench-1/search?q=wall', 'Search')
    const [walk = ''] = ids('run-maze-1', () => true)
    await see(`/run/run-maze-1/group?task=${walk.replace(/%2F\d+$/, '')}`, 'attempt 0')
    await see(`/run/run-maze-1/trajectory?id=${walk}`, 'You are in a maze')
    await see(`/run/run-maze-1/trajectory?id=${walk}&view=timing`, 'noisy-oracle')
    await see(`/run/run-maze-1/trajectory?id=${walk}&view=picture`, /step/i)
    const [taught = ''] = ids('train-arithmetic-1-1', (id) => id.startsWith('seed-0/grpo/2/'))
    await see('/run/train-arithmetic-1-1', 'Learning curves')
    await see(`/run/train-arithmetic-1-1/trajectory?id=${taught}&view=tokens`, 'captured')
    for (const name of ['long', 'heavy', 'images', 'branches'])
      await see(`/run/run-made-up-1/trajectory?id=${name}%2F0`, name)
    await see('/run/run-made-up-1/trajectory?id=many-tokens%2F0&view=tokens', 'captured')
    await see('/compare?runs=run-maze-1,run-maze-2', 'Who won where')
    await see('/run/check-careless-1/certificate', 'NOT certified')
    await see('/papers', 'Papers, put to the test')
    await see('/nowhere', 'There is no such page')
    await see('/compare?runs=run-maze-1', /from 2 to/)
    expect(wrong).toEqual([])
  }
  it('is well in light', { timeout: 120_000 }, () => looked('light'))
  it('is well in the dark', { timeout: 120_000 }, () => looked('dark'))
  it('is well on a phone', { timeout: 120_000 }, () => looked('narrow'))
})
