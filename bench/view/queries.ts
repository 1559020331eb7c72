/**
 * How long what a viewer asks of a run takes: `node bench/view/queries.ts <folder>`, of a run's folder. Medians of
 * seven, each after the kept answers were let go; then the full-text index, made anew, and searches in it.
 */
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { type Browser, openBrowser, openSearchIndex } from '../../src/data/index.ts'

const [folder] = process.argv.slice(2)
if (!folder) throw new Error('which run? node bench/view/queries.ts runs/run-bench-1')
// A server that lives long in little memory asks V8 for the same.
setFlagsFromString('--optimize-for-size')
const TIMES = 7
const say = (what: string, figure: string): void => void process.stdout.write(`${what.padEnd(44)}${figure}\n`)
const median = (values: readonly number[]): string =>
  `${values.toSorted((a, b) => a - b)[values.length >> 1]!.toFixed(1)} ms`
const memory = (): string => `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB`

async function timed(work: () => unknown): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

const page = { offset: 0, limit: 100 }
const asked: Record<string, (browser: Browser) => unknown> = {
  stamp: (b) => b.stamp(),
  'page 0': (b) => b.page({}, page),
  'page at the end': (b) => b.page({}, { offset: b.totals().trajectories - 100, limit: 100 }),
  'page by id, a part of it': (b) => b.page({ sort: 'id', filter: { text: '3/' } }, page),
  'page by return, descending': (b) => b.page({ sort: 'return', descending: true }, page),
  totals: (b) => b.totals(),
  batches: (b) => b.batches(),
  rewards: (b) => b.rewards(),
  histogram: (b) => b.histogram('timeMs', {}, 40),
  failures: (b) => b.failures(10),
  slowest: (b) => b.slowest(10),
  'tasks, the flakiest first': (b) => b.tasks({ sort: 'flakiest' }, page),
  passCurves: (b) => b.passCurves(),
  taskMeans: (b) => b.taskMeans(),
  summary: (b) => b.summary(),
}
const searches = [
  'steps',
  'took steps',
  '"not sure"',
  '"dead end"',
  'customer lamp',
  'wal*',
  'ca*',
  'c22143',
  'nowhere',
  'caulk crane',
]

say('memory before', memory())
{
  const started = performance.now()
  using browser = openBrowser(folder)
  const { trajectories } = browser.totals()
  say(`open, and read ${trajectories} rows`, `${(performance.now() - started).toFixed(0)} ms`)
  for (const [name, ask] of Object.entries(asked)) {
    const [first, again]: [number[], number[]] = [[], []]
    for (let i = 0; i < TIMES; i++) {
      for (let other = 0; other < 8; other++) browser.tasks({ sort: 'order', batch: `none ${i} ${other}` }, page)
      first.push(await timed(() => ask(browser)))
      again.push(await timed(() => ask(browser)))
    }
    say(name, `${median(first)}, again ${median(again)}`)
  }
  say('memory with a browser', memory())
}

for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `search.sqlite${end}`), { force: true })
const started = performance.now()
await using index = await openSearchIndex(folder)
const during: number[] = []
while (index.progress().indexed < index.progress().total || index.progress().total === 0) {
  during.push(await timed(() => index.search('step', { offset: 0, limit: 20 })))
  await setTimeout(500)
  process.stderr.write(`${index.progress().indexed}/${index.progress().total} indexed\n`)
}
say('index made', `${((performance.now() - started) / 1000).toFixed(1)} s`)
say('a search meanwhile, median and most', `${median(during)}, ${Math.max(...during).toFixed(0)} ms`)
say('bytes of the index', `${(statSync(join(folder, 'search.sqlite')).size / 2 ** 20).toFixed(1)} MB`)
for (const text of searches) {
  const times: number[] = []
  for (let i = 0; i < TIMES; i++) times.push(await timed(() => index.search(text, { offset: 0, limit: 20 })))
  const { total, more } = await index.search(text, page)
  say(`search ${text}`, `${median(times)}, most ${Math.max(...times).toFixed(0)} ms (${total}${more ? '+' : ''} hits)`)
}
say('memory with a search index', memory())
