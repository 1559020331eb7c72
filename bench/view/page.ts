/**
 * How the dashboard takes a large run: `node bench/view/page.ts <run> [times]`, a run that make-run.ts made. Prints, as
 * medians over so many openings (5): what the list of trajectories takes to show its first rows, the frames a second
 * while it is scrolled, what a search takes from the last key to its results, and what the server holds in memory.
 */
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { openChromium } from '../../test/chromium.ts'
import { startView, type ViewServer } from '../../test/view-server.ts'

const [where = '', asked = '5'] = process.argv.slice(2)
const path = resolve(where)
const run = encodeURIComponent(basename(path))
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
const say = (name: string, values: readonly number[], unit: string): boolean =>
  process.stdout.write(
    `${name.padEnd(44)} ${median(values).toFixed(0)} ${unit} (${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)})\n`,
  )

function megabytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

/** From the address to rows that can be read. */
async function opens(page: Page, { url }: ViewServer): Promise<number> {
  const started = performance.now()
  await page.goto(`${url}#/run/${run}/trajectories`)
  await page.locator('[role=row] a').nth(10).waitFor()
  return performance.now() - started
}

/** Frames a second, while the wheel turns for two seconds. */
async function scrolls(page: Page): Promise<number> {
  const frames = page.evaluate(`new Promise((done) => {
    const started = performance.now(); let count = 0
    const frame = () => { count++; performance.now() - started < 2000 ? requestAnimationFrame(frame) : done(1000 * count / (performance.now() - started)) }
    requestAnimationFrame(frame) })`)
  await page.mouse.move(600, 400)
  const until = performance.now() + 1900
  while (performance.now() < until) await page.mouse.wheel(0, 240)
  return Number(await frames)
}

/** What the server takes for a search, as the page asks it. */
async function searches(page: Page, words: string): Promise<number> {
  return Number(
    await page.evaluate(`(async () => {
      const started = performance.now()
      const answer = await fetch('/api/runs/${run}/search?limit=20&offset=0&q=${encodeURIComponent(words)}')
      if (!answer.ok) throw new Error(await answer.text())
      await answer.json()
      return performance.now() - started })()`),
  )
}

async function indexed(page: Page): Promise<void> {
  while (true) {
    const { indexed, of } = (await page.evaluate(
      `fetch('/api/runs/${run}/search?limit=1&offset=0&q=a').then((r) => r.json())`,
    )) as { indexed: number; of: number }
    if (indexed >= of) return
    process.stderr.write(`indexed ${indexed} of ${of}\n`)
    await new Promise((resolve) => setTimeout(resolve, 2000))
  }
}

const WORDS = ['wall', 'goal north', '"the server answered"', 'succ*']
await using browser = await openChromium()
const figures = {
  open: [] as number[],
  command: [] as number[],
  frames: [] as number[],
  search: WORDS.map(() => [] as number[]),
  memory: [] as number[],
}
for (let i = 0; i < Number(asked); i++) {
  const begun = performance.now()
  await using server = await startView(dirname(path), path)
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  figures.open.push(await opens(page, server))
  figures.command.push(performance.now() - begun)
  figures.frames.push(await scrolls(page))
  await indexed(page)
  for (const [n, words] of WORDS.entries()) figures.search[n]!.push(await searches(page, words))
  figures.memory.push(megabytes(server.pid, 'VmHWM'))
  await page.close()
}
say('opens, to its first rows', figures.open, 'ms')
say('the same since the command was given', figures.command, 'ms')
say('scrolls', figures.frames, 'frames a second')
for (const [n, words] of WORDS.entries()) say(`searches ${words}`, figures.search[n]!, 'ms')
say('the server at its largest', figures.memory, 'MB')
