/** The dashboard in a real browser, on real runs: every page, in light, in dark and on a phone's width. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRun } from '../src/data/index.ts'
import type { TokenSlice } from '../src/serve/view/wire.ts'
import { openChromium } from './chromium.ts'
import { HOSTILE } from './view-run.ts'
import { startView, type ViewServer } from './view-server.ts'
import { type LOOKS, visitor, wrongWith } from './view-visitor.ts'

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

const attributes = (page: Page, selector: string, name: string): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('${selector}')].map((element) => element.getAttribute('${name}') ?? '')`)

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
    await see('/run/run-bench-1/search?q=wall', /trajectories|places/)
    const [walk = ''] = ids('run-maze-1', () => true)
    await see(`/run/run-maze-1/group?task=${walk.replace(/%2F\d+$/, '')}`, 'attempt 0')
    await see(`/run/run-maze-1/trajectory?id=${walk}`, 'You are in a maze')
    await see(`/run/run-maze-1/trajectory?id=${walk}&view=timing`, 'longest call')
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
    await see('/compare?runs=run-maze-1', /compare/i)
    expect(wrong).toEqual([])
  }
  it('is well in light', { timeout: 120_000 }, () => looked('light'))
  it('is well in the dark', { timeout: 120_000 }, () => looked('dark'))
  it('is well on a phone', { timeout: 120_000 }, () => looked('narrow'))

  it('shows the text of agents and worlds as text, whatever it tries', { timeout: 120_000 }, async () => {
    await using eve = await visitor(browser!, server.url)
    const { page } = eve
    const [id = ''] = ids('run-made-up-1', (one) => one.startsWith('hostile'))
    const run = '/run/run-made-up-1'
    const places = ['', '/trajectories', '/tasks', `/group?task=${id.replace(/%2F0$/, '')}`, '/search?q=hacked']
    const views = ['steps', 'tokens', 'timing', 'picture'].map((view) => `/trajectory?id=${id}&view=${view}`)
    for (const place of [...places, ...views]) {
      await eve.open(run + place, 'run-made-up-1')
      await page.waitForTimeout(500)
      for (const fold of await page.locator('main summary').all()) await fold.click()
      for (let i = 0; i < 4; i++) await page.mouse.wheel(0, 3000)
      await page.mouse.wheel(0, -50_000)
      await page
        .locator('main [onclick], main [onerror], main iframe, main script')
        .count()
        .then((n) => expect(n).toBe(0))
      expect(await page.getByRole('button', { name: 'Delete this run' }).count()).toBe(0)
      expect(await page.locator('h1').count()).toBe(1)
      for (const address of await attributes(page, 'main a', 'href')) expect(address).toMatch(/^#\//)
      for (const source of await attributes(page, 'main img', 'src'))
        expect(source).toMatch(/^(data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]*=*$|\/api\/)/)
      expect([place, await page.evaluate('globalThis.hacked'), eve.complaints()]).toEqual([place, undefined, []])
    }
    await eve.open(`${run}/trajectory?id=${id}`, 'Step 0')
    await page.locator('pre', { hasText: HOSTILE[0]! }).first().waitFor()
  })

  it('tells all ends of an attempt apart, and leads to each', { timeout: 60_000 }, async () => {
    await using eve = await visitor(browser!, server.url)
    const { page } = eve
    for (const name of ['success', 'no success', 'unscored', 'broken', 'cancelled', 'over budget']) {
      await eve.open('/run/run-made-up-1', 'Outcomes')
      await page.getByRole('region', { name: 'Outcomes' }).getByRole('link', { name, exact: true }).click()
      await page.locator('main [role=row] .outcome').first().waitFor()
      const looks = await page
        .locator('main [role=row] .outcome')
        .evaluateAll((found) => found.map(({ title }) => title))
      // Done by half is not done.
      const meant = name === 'no success' ? ['no success', 'partial success'] : [name]
      expect([name, [...new Set(looks)].sort()]).toEqual([name, meant])
    }
    await eve.open('/run/run-made-up-1/group?task=outcomes', 'attempt 0')
    await eve.open('/run/run-made-up-1/trajectory?id=outcomes%2F6', 'the dollar is spent')
    await eve.open('/run/run-made-up-1/trajectory?id=outcomes%2F3', 'the judge gave no verdict')
    await eve.open('/run/run-made-up-1/trajectory?id=images%2F0', 'The screen, as image/png')
    expect(await page.evaluate("document.querySelector('main img').naturalWidth")).toBe(1)
    expect(eve.complaints()).toEqual([])
  })

  it('keeps a trajectory of 500 steps and one of 100,000 tokens short', { timeout: 60_000 }, async () => {
    await using eve = await visitor(browser!, server.url)
    const { page } = eve
    const elements = async (): Promise<number> => Number(await page.evaluate('document.querySelectorAll("*").length'))
    await eve.open('/run/run-made-up-1/trajectory?id=long%2F0', 'Step 0')
    expect(await elements()).toBeLessThan(3000)
    await eve.open('/run/run-made-up-1/trajectory?id=long%2F0&step=499', 'Step 499')
    await page.getByText('You are out.').first().waitFor()
    expect(await elements()).toBeLessThan(3000)
    await eve.open('/run/run-made-up-1/trajectory?id=many-tokens%2F0&view=tokens', 'captured')
    expect(await page.getByRole('option', { name: 'entropy' }).count()).toBe(1)
    await page.keyboard.press('b')
    await page.getByText(/break/i).first().waitFor()
    expect(await elements()).toBeLessThan(20_000)
    expect(eve.complaints()).toEqual([])
  })

  it('shows what training made of each token', { timeout: 60_000 }, async () => {
    await using eve = await visitor(browser!, server.url)
    const { page } = eve
    const [id = ''] = ids('train-arithmetic-1-1', (one) => one.startsWith('seed-0/grpo/2/'))
    const path = `/api/runs/train-arithmetic-1-1/token-slice?id=${id}&call=0&from=0&to=1000`
    const slice = (await (await fetch(new URL(path, server.url))).json()) as TokenSlice
    const sampled = slice.mask.indexOf(1)
    expect(sampled).toBeGreaterThan(0)
    expect(slice.logprobs[sampled - 1]).toBeNull()
    expect(slice.logprobs[sampled]).toBeLessThanOrEqual(0)
    expect(slice.entropies[sampled]).toBeGreaterThan(0)
    expect(slice.texts?.join('')).toContain('Answer with the number alone.')
    await eve.open(`/run/train-arithmetic-1-1/trajectory?id=${id}&view=tokens`, 'captured')
    await page.locator('[data-place]').nth(sampled).or(page.getByText(slice.texts![sampled]!).first()).first().waitFor()
    expect(eve.complaints()).toEqual([])
  })

  it('finds, marks, compares, tags, deletes and brings back', { timeout: 60_000 }, async () => {
    await using eve = await visitor(browser!, server.url)
    const { page } = eve
    await eve.open('/', 'run-maze-2')
    await page.getByRole('searchbox', { name: 'find' }).fill('maze random')
    await page.getByText('run-maze-1', { exact: true }).waitFor({ state: 'detached' })
    await page.getByRole('searchbox', { name: 'find' }).fill('maze')
    for (const run of ['run-maze-1', 'run-maze-2']) await page.getByRole('checkbox', { name: `mark ${run}` }).check()
    await page.getByRole('link', { name: 'Compare' }).click()
    await page.getByText('Who won where').waitFor()
    expect(page.url()).toContain('#/compare?runs=')
    await page.goBack()
    await page.getByRole('button', { name: /\+ tag run-maze-2/ }).click()
    await page.keyboard.type('by chance')
    await page.keyboard.press('Enter')
    await page.locator('.tag', { hasText: 'by chance' }).waitFor()
    await page.getByRole('checkbox', { name: 'mark run-maze-1' }).uncheck()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('link', { name: 'run-maze-2' }).waitFor({ state: 'detached' })
    expect(existsSync(join(runs, 'run-maze-2'))).toBe(false)
    await page.getByRole('button', { name: /back/ }).first().click()
    await page.getByRole('link', { name: 'run-maze-2' }).waitFor()
    expect(existsSync(join(runs, 'run-maze-2/tags.json'))).toBe(true)
    await eve.open('/run/run-maze-2', 'Outcomes')
    await page.keyboard.press('/')
    await page.getByRole('searchbox').fill('wall above')
    await page.locator('mark').first().waitFor()
    await page.getByRole('link', { name: /above/ }).first().click()
    await page
      .getByText(/Step \d/)
      .first()
      .waitFor()
    expect(page.url()).toMatch(/trajectory\?id=.*step=\d/)
    await page.keyboard.press('?')
    await page.getByRole('combobox', { name: 'Find a command' }).waitFor()
    await page.keyboard.type('papers')
    await page.keyboard.press('Enter')
    await page.getByText('Papers, put to the test').waitFor()
    expect(eve.complaints()).toEqual([])
  })

  it('opens the palette at what a link names, and does it only when told', { timeout: 30_000 }, async () => {
    await using eve = await visitor(browser!, server.url)
    await eve.open('/?do=theme', 'Light, dark or as the system')
    expect(await eve.page.evaluate('document.documentElement.dataset.theme ?? "system"')).toBe('system')
    await eve.page.keyboard.press('Enter')
    await eve.page.waitForFunction('document.documentElement.dataset.theme === "light"')
    await eve.page.keyboard.press('?')
    const theme = eve.page.getByRole('option', { name: /^Light, dark/ })
    expect(await theme.getAttribute('href')).toBe('#/?do=theme')
    expect(await wrongWith(eve, 'the palette')).toEqual([])
    expect(eve.complaints()).toEqual([])
  })

  it('follows a training run while it learns, and tells it what to do', { timeout: 120_000 }, async () => {
    const slow = TRAIN.map((flag) => (flag === '400' ? '200000' : flag))
    const child = spawn(process.execPath, [main, 'train', ...slow, '--runs', runs, '--json'], { stdio: 'ignore' })
    const ended = once(child, 'close')
    try {
      while (!existsSync(join(runs, 'train-arithmetic-1-2/measurements.jsonl')))
        await new Promise((done) => setTimeout(done, 100))
      await using eve = await visitor(browser!, server.url)
      const { page } = eve
      const far = async (): Promise<number> => {
        const text =
          (await page
            .getByText(/ of [\d,]+ environment steps/)
            .first()
            .textContent()) ?? ''
        return Number(text.split(' of ')[0]!.replaceAll(',', ''))
      }
      await eve.open('/run/train-arithmetic-1-2', 'Learning curves')
      const first = await far()
      await expect.poll(far, { timeout: 20_000 }).toBeGreaterThan(first)
      await expect.poll(() => page.locator('figure canvas').count(), { timeout: 20_000 }).toBeGreaterThan(3)
      expect(await wrongWith(eve, 'live')).toEqual([])
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByRole('button', { name: 'Go on' }).waitFor()
      await page.getByRole('button', { name: 'Go on' }).click()
      await page.getByRole('button', { name: 'Pause' }).waitFor()
      await page.getByRole('button', { name: 'Concurrency' }).click()
      await page.getByLabel('Episodes at a time').fill('7')
      await page.getByRole('button', { name: 'Set' }).click()
      await page.getByText('of 7 at a time').waitFor()
      await page.getByRole('button', { name: 'Cancel', exact: true }).click()
      await page.getByRole('button', { name: 'Cancel the run' }).click()
      await page.getByText('cancelled').first().waitFor({ timeout: 30_000 })
      await ended
      expect(eve.complaints()).toEqual([])
    } finally {
      child.kill('SIGKILL')
    }
  })
})

/** An event stream's first event, asked for as a page that was away does. */
async function event(
  url: string,
  last?: string,
): Promise<{ id: string; data: { measurements: { entries: unknown[]; end: number } } }> {
  const response = await fetch(url, { headers: last === undefined ? {} : { 'last-event-id': last } })
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const [whole, ...more] = text.split('\n\n')
    if (more.length === 0) continue
    const field = (name: string): string =>
      whole!
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))!
        .slice(name.length + 2)
    return { id: field('id'), data: JSON.parse(field('data')) }
  }
  throw new Error('the stream ended')
}

it('gives a page that was away what it missed, and no more', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ludus-events-'))
  node(main, 'train', ...TRAIN, '--runs', folder, '--json')
  await using server = await startView(folder)
  const url = `${server.url}api/runs/train-arithmetic-1-1/events`
  const all = await event(url)
  const { entries, end } = all.data.measurements
  expect(entries.length).toBeGreaterThan(8)
  expect(all.id).toBe(`${end}`)
  expect((await event(url, all.id)).data.measurements).toEqual({ entries: [], end })
  const text = readFileSync(join(folder, 'train-arithmetic-1-1/measurements.jsonl'), 'utf8')
  const half = text.split('\n').slice(0, 5).join('\n').length + 1
  expect((await event(url, `${half}`)).data.measurements).toEqual({ entries: entries.slice(5), end })
  expect((await event(url, 'nonsense')).data.measurements.entries).toEqual(entries)
  rmSync(folder, { recursive: true })
})
