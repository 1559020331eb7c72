/** `ludus view <run> --export`: what is written is what the server says, and opens from disk with nothing but itself. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Row, Rows, Tasks } from '../src/serve/view/wire.ts'
import { chosenRows, chosenTasks, facetsOf, solvedOf } from '../web/src/exported-rows.ts'
import { openChromium } from './chromium.ts'
import { startView } from './view-server.ts'
import { type Visitor, visitor } from './view-visitor.ts'

const browser: Browser | undefined = await openChromium().catch((error) => {
  process.stderr.write(`no export was opened: no Chromium can be started (${error.message})\n`)
  return undefined
})

const folder = mkdtempSync(join(tmpdir(), 'ludus-export-'))
const runs = join(folder, 'runs')
const root = join(import.meta.dirname, '..')
const main = join(root, 'src/cli/main.ts')
const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
const exporting = (run: string, to: string, ...args: string[]) =>
  spawnSync(process.execPath, [main, 'view', join(runs, run), '--export', join(folder, to), '--json', ...args], {
    encoding: 'utf8',
  })

beforeAll(() => {
  node(main, 'run', 'maze', '-m', 'noisy-oracle:0.6', '-n', '12', '-k', '3', '--runs', runs, '--json')
  node('test/view-run.ts', runs)
}, 120_000)
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true })
})

it('lists, counts and sorts as the server does', { timeout: 60_000 }, async () => {
  await using server = await startView(runs)
  const ask = async <T>(path: string, query: Readonly<Record<string, string>>): Promise<T> =>
    (await (await fetch(`${server.url}api/runs/run-maze-1/${path}?${new URLSearchParams(query)}`)).json()) as T
  const { rows } = await ask<Rows>('rows', { limit: '1000' })
  expect(rows).toHaveLength(36)
  const ids = (found: readonly Row[]): string[] => found.map(({ id }) => id)
  const sorts = ['id', 'return', 'timeMs', 'task', 'attempt', 'stop', 'costUsd'].flatMap((sort) => [
    { sort },
    { sort, descending: 'true' },
  ])
  const filters = [
    {},
    { success: 'no' },
    { success: 'yes' },
    { text: '2,' },
    { outcome: 'broken' },
    { stop: 'truncated' },
  ]
  for (const query of [...sorts, ...filters, { descending: 'true' }, { task: rows[5]!.task, sort: 'steps' }]) {
    const said = await ask<Rows>('rows', { ...query, limit: '1000' })
    expect({ query, ids: ids(chosenRows(rows, query)) }).toEqual({ query, ids: ids(said.rows) })
  }
  for (const query of filters) expect(facetsOf(rows, query)).toEqual(await ask('facets', query))
  const { tasks, solved } = await ask<Tasks>('tasks', { limit: '1000' })
  expect(solvedOf(tasks)).toEqual(solved)
  for (const sort of ['order', 'hardest', 'easiest', 'flakiest']) {
    const said = await ask<Tasks>('tasks', { sort, text: '1', limit: '1000' })
    expect(chosenTasks(tasks, { sort, text: '1' })).toEqual(said.tasks)
  }
})

it('refuses a folder that holds other things, and flags without a run', { timeout: 60_000 }, () => {
  const { status, stderr } = exporting('run-maze-1', 'runs')
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('holds other things') })
  expect(readdirSync(runs).sort()).toContain('run-maze-1')
  const none = spawnSync(process.execPath, [main, 'view', '--export', join(folder, 'x')], { encoding: 'utf8' })
  expect(none.status).toBe(2)
  expect(existsSync(join(folder, 'x'))).toBe(false)
})

describe.skipIf(!browser)('an exported run, opened from disk', () => {
  const opened = async (to: string): Promise<Visitor> => {
    const eve = await visitor(browser!, `file://${join(folder, to)}/`)
    await eve.page.goto(`file://${join(folder, to)}/index.html`)
    return eve
  }

  it('leads from the list of runs to a step of a trajectory', { timeout: 120_000 }, async () => {
    const { stdout, stderr } = exporting('run-maze-1', 'maze')
    expect(JSON.parse(stdout || stderr)).toMatchObject({ run: 'run-maze-1', trajectories: 36, bodies: 36 })
    await using eve = await opened('maze')
    const { page } = eve
    await page.getByRole('heading', { name: 'run-maze-1' }).waitFor()
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.getByRole('link', { name: 'run-maze-1' }).click()
    await page.getByText('Distributions').waitFor()
    await page.getByRole('link', { name: 'Trajectories', exact: true }).click()
    await page.waitForURL(/trajectories$/)
    await page.getByText('36 trajectories', { exact: true }).waitFor()
    const first = page.getByRole('table').getByRole('link').first()
    const id = await first.innerText()
    await first.click()
    await page.getByText(`${id}`).first().waitFor()
    await page.getByText('Your current position').first().waitFor()
    expect(page.url()).toContain('/trajectory')
    await page.getByRole('link', { name: 'Picture', exact: true }).click()
    await page.getByText('The opening: nothing is done yet.').waitFor()
    await expect.poll(() => page.evaluate('document.querySelector("main img").naturalWidth')).toBeGreaterThan(100)
    await page.goto(page.url().replace(/#.*/, '#/run/run-maze-1/search?q=wall+posit*'))
    await page.locator('mark').first().waitFor()
    await page.goto(page.url().replace(/#.*/, '#/run/run-maze-1/tasks'))
    await page.getByRole('heading', { name: 'Tasks' }).first().waitFor()
    expect(eve.complaints()).toEqual([])
  })

  it('says what was left out', { timeout: 120_000 }, async () => {
    const { stdout } = exporting('run-maze-1', 'some', '--most', '3')
    expect(JSON.parse(stdout)).toMatchObject({ trajectories: 36, bodies: 3 })
    await using eve = await opened('some')
    const { page } = eve
    await page.getByText('exported, with the first 3 of 36 trajectories').waitFor()
    await page.getByRole('link', { name: 'Trajectories', exact: true }).click()
    await page.getByText('36 trajectories', { exact: true }).waitFor()
    await page.getByRole('table').getByRole('link').nth(5).click()
    await page.getByText('this was left out: the export holds the first 3 of 36 trajectories').waitFor()
    // The browser itself says of a file that it is not there.
    const said = eve.complaints().filter((line) => !line.includes('ERR_FILE_NOT_FOUND'))
    expect(said).toEqual([])
  })

  it('shows hostile texts as texts', { timeout: 120_000 }, async () => {
    const { stdout, stderr } = exporting('run-made-up-1', 'hard')
    expect(JSON.parse(stdout || stderr).bodies).toBeGreaterThan(3)
    await using eve = await opened('hard')
    const { page } = eve
    await page.getByRole('link', { name: 'Trajectories', exact: true }).click()
    for (const text of ['hostile', 'many-tokens', 'long', 'images']) {
      await page.getByRole('table').getByRole('link', { name: text }).first().click()
      await page.waitForURL(/trajectory\?id=/)
      await page.getByRole('heading', { name: new RegExp(`^${text}`) }).waitFor()
      await page.goBack()
      await page.waitForURL(/trajectories$/)
    }
    await page.goto(page.url().replace(/#.*/, '#/run/run-made-up-1/trajectory?id=many-tokens/0&view=tokens'))
    await page.getByText('100.0k').first().waitFor()
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined()
    expect(eve.complaints()).toEqual([])
  })
})
