/** The dashboard in a real browser, on real runs: every page, in light, in dark and on a phone's width. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { openChromium } from './chromium.ts'
import { startView, type ViewServer } from './view-server.ts'
import { expectWell, LOOKS, visitor } from './view-visitor.ts'

const browser: Browser | undefined = await openChromium().catch((error) => {
  process.stderr.write(`the dashboard was not tried: no Chromium can be started (${error.message})\n`)
  return undefined
})

const folder = mkdtempSync(join(tmpdir(), 'ludus-pages-'))
const runs = join(folder, 'runs')
const root = join(import.meta.dirname, '..')
const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
const ludus = (...args: string[]): string => node('src/cli/main.ts', ...args, '--runs', runs, '--json')

describe.skipIf(!browser)('the dashboard', () => {
  let server: ViewServer

  beforeAll(async () => {
    node('bench/view/make-run.ts', runs, '400')
    ludus('run', 'maze', '-m', 'noisy-oracle:0.3', '-n', '20', '-k', '4')
    ludus('run', 'maze', '-m', 'random', '-n', '20', '-k', '4')
    server = await startView(runs)
  }, 120_000)
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  const pages: readonly (readonly [hash: string, text: string])[] = [['/', 'run-maze-1']]
  it.each(Object.keys(LOOKS) as (keyof typeof LOOKS)[])(
    'every page is well in %s',
    { timeout: 120_000 },
    async (look) => {
      await using eve = await visitor(browser!, server.url, look)
      for (const [hash, text] of pages) {
        await eve.open(hash, text)
        await expectWell(eve, hash)
      }
    },
  )
})
