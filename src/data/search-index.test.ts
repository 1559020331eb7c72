import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { played } from '../../test/trajectories.ts'
import { assistant, type Message, type Step, type Trajectory, user } from '../core/index.ts'
import { openSearchIndex, type SearchIndex } from './search-index.ts'
import { openStore, type Store } from './store.ts'

const root = mkdtempSync(join(tmpdir(), 'ludus-search-'))
afterAll(() => rmSync(root, { recursive: true }))
const sample = await played()
const folder = (): string => mkdtempSync(join(root, 'run-'))
const storeIn = (path: string): Store => openStore(join(path, 'trajectories.sqlite'))
const top = { offset: 0, limit: 50 }

/** One step for each pair of what is seen and what is said. */
function told(
  id: string,
  turns: readonly [seen: Message | string, said: Step['action'] | string][],
  change: Partial<Trajectory> = {},
): Trajectory {
  const steps = turns.map(([seen, said]) => ({
    observation: { messages: [typeof seen === 'string' ? user(seen) : seen] },
    calls: [],
    action: typeof said === 'string' ? assistant(said) : said,
    reward: 0,
  }))
  return { ...sample, id, steps, ...change }
}

async function settled(index: SearchIndex, total: number): Promise<void> {
  const until = performance.now() + 20_000
  while (index.progress().indexed !== total || index.progress().total !== total) {
    if (performance.now() > until) throw new Error(`not settled: ${JSON.stringify(index.progress())}`)
    await setTimeout(20)
  }
}

const marked = (snippet: readonly { text: string; mark: boolean }[]): string =>
  snippet.map(({ text, mark }) => (mark ? `[${text}]` : text)).join('')

const shown = async (index: SearchIndex, text: string): Promise<string[]> =>
  (await index.search(text, top)).hits.map(
    ({ id, step, where, snippet }) => `${id} ${step} ${where}: ${marked(snippet)}`,
  )

describe('the search index', () => {
  it('finds what was seen, thought, done, called, answered and judged, and says where', async () => {
    const path = folder()
    await using store = storeIn(path)
    const answer: Message = { role: 'tool', content: [{ type: 'text', text: 'two lamps' }], callId: 'c' }
    const call = { id: 'c', name: 'list_articles', arguments: { kind: 'Lamp', größe: 3 } }
    await store.add(
      told('a', [
        ['a dark ROOM, and a Café', { role: 'assistant', content: 'look around', thinking: 'I need light' }],
        [user('nothing'), { role: 'assistant', content: '', calls: [call] }],
        [answer, 'buy the lamp'],
      ]),
    )
    const rewards = { success: { value: null, weight: 1, why: 'the referee was asleep' } }
    await store.add(
      told('b', [['한국어 말', 'x']], {
        rewards,
        outcome: { kind: 'broken', failure: { boundary: 'env', message: 'no socket' } },
      }),
    )
    await using index = await openSearchIndex(path)
    await settled(index, 2)
    expect(await shown(index, 'room')).toEqual(['a 0 observation: a dark [ROOM], and a Café'])
    expect(await shown(index, 'cafe')).toEqual(['a 0 observation: a dark ROOM, and a [Café]'])
    expect(await shown(index, 'light')).toEqual(['a 0 thinking: I need [light]'])
    expect(await shown(index, 'around')).toEqual(['a 0 action: look [around]'])
    expect(await shown(index, 'list_articles')).toEqual(['a 1 call: [list_articles] {"kind":"Lamp","größe":3}'])
    expect(await shown(index, 'two')).toEqual(['a 2 result: [two] lamps'])
    expect(await shown(index, 'socket')).toEqual([expect.stringContaining('b null head: ')])
    expect(await shown(index, '"was asleep"')).toEqual([expect.stringContaining('success: the referee [was asleep]')])
    expect(await shown(index, '한국어')).toEqual(['b 0 observation: [한국어] 말'])
    // All words, in one step; a phrase as it stands; a beginning.
    expect(await shown(index, 'dark light')).toHaveLength(1)
    expect(await shown(index, 'dark buy')).toEqual([])
    expect(await shown(index, '"room dark"')).toEqual([])
    expect((await shown(index, 'lam*')).sort()).toEqual(
      ['a 1 call: list_articles {"kind":"[Lamp]","größe":3}', 'a 2 result: two [lamps]'].sort(),
    )
    const { total, more, indexed, of } = await index.search('lamp', { offset: 1, limit: 1 })
    expect({ total, more, indexed, of }).toEqual({ total: 2, more: false, indexed: 2, of: 2 })
  })

  it('takes any text for words', async () => {
    const path = folder()
    await using store = storeIn(path)
    await store.add(told('a', [['quote " and NEAR(x) AND (NOT y', 'z']]))
    await using index = await openSearchIndex(path)
    await settled(index, 1)
    for (const text of ['NEAR(x)', 'AND', '"quote', '(not', 'x) and', 'y"'])
      expect(await shown(index, text), text).toHaveLength(1)
    for (const text of [
      '',
      ' ',
      '*',
      '"',
      '""',
      '^',
      ':',
      'head:z',
      '-z',
      '\0',
      '🙂',
      'text MATCH 1; DROP TABLE words',
    ])
      expect((await index.search(text, top)).indexed, text).toBe(1)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom('"', '*', 'a', ' ', '(', '^', 'é') }),
        ),
        async (text) => {
          expect((await index.search(text, top)).of).toBe(1)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('shows a part of a long text, about what was found', async () => {
    const path = folder()
    await using store = storeIn(path)
    const long = `${'before '.repeat(2000)}needle ${'after '.repeat(2000)}`
    await store.add(told('a', [[long, 'z']]))
    await using index = await openSearchIndex(path)
    await settled(index, 1)
    const [hit] = (await index.search('needle', top)).hits
    expect(marked(hit!.snippet)).toMatch(/^….*before \[needle\] after .*…$/)
    expect(marked(hit!.snippet).length).toBeLessThan(250)
  })

  it('keeps up with a run that is written, and with what is removed and played anew', async () => {
    const path = folder()
    await using store = storeIn(path)
    await using index = await openSearchIndex(path)
    expect(await index.search('apple', top)).toMatchObject({ hits: [], total: 0 })
    await store.add(told('t/0', [['one apple', 'x']], { batch: 'a' }))
    await store.add(
      told(
        't/1',
        [
          ['one pear', 'x'],
          ['an apple', 'y'],
        ],
        { batch: 'b' },
      ),
    )
    await settled(index, 2)
    expect((await shown(index, 'apple')).sort()).toEqual([
      't/0 0 observation: one [apple]',
      't/1 1 observation: an [apple]',
    ])
    store.remove({ batch: 'b' })
    await store.add(told('t/1', [['one plum', 'x']], { batch: 'b', timeMs: 77 }))
    await store.add(told('t/2', [['a plum', 'x']], { batch: 'b', timeMs: 78 }))
    await settled(index, 3)
    expect(await shown(index, 'apple')).toHaveLength(1)
    expect(await shown(index, 'pear')).toEqual([])
    expect(await shown(index, 'plum')).toHaveLength(2)
    await store.add(told('t/0', [['one fig', 'x']], { batch: 'a', timeMs: 79 }))
    await expect.poll(() => shown(index, 'fig'), { timeout: 10_000 }).toHaveLength(1)
    expect(await shown(index, 'apple')).toEqual([])
    store.remove({})
    await settled(index, 0)
    expect((await index.search('plum', top)).total).toBe(0)
  })

  it('goes on where it was, and makes anew what was deleted or damaged', async () => {
    const path = folder()
    await using store = storeIn(path)
    await store.add(told('a', [['one apple', 'x']]))
    for (const spoil of [
      () => {},
      (file: string) => rmSync(file),
      (file: string) => writeFileSync(file, 'x'.repeat(9999)),
    ]) {
      {
        await using index = await openSearchIndex(path)
        await settled(index, 1)
        expect(await shown(index, 'apple')).toHaveLength(1)
      }
      spoil(join(path, 'search.sqlite'))
    }
    await using index = await openSearchIndex(path)
    await settled(index, 1)
    expect(await shown(index, 'apple')).toHaveLength(1)
  })

  it('indexes a run whose folder may not be written', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may write everywhere')
    const [from, path] = [folder(), folder()]
    {
      await using store = storeIn(from)
      await store.add(told('a', [['one apple', 'x']]))
    }
    copyFileSync(join(from, 'trajectories.sqlite'), join(path, 'trajectories.sqlite'))
    chmodSync(path, 0o555)
    try {
      await using index = await openSearchIndex(path)
      await settled(index, 1)
      expect(await shown(index, 'apple')).toHaveLength(1)
      expect(existsSync(join(path, 'search.sqlite'))).toBe(false)
    } finally {
      chmodSync(path, 0o755)
    }
  })

  it('finds what is damaged by its id', async () => {
    const path = folder()
    await using store = storeIn(path)
    await store.add(told('batch/ruined', [['one apple', 'x']]))
    await store.add(told('batch/whole', [['one apple', 'x']]))
    {
      using database = new DatabaseSync(join(path, 'trajectories.sqlite'))
      database.exec("UPDATE bodies SET body = x'28b52ffd' WHERE id = 'batch/ruined'")
    }
    await using index = await openSearchIndex(path)
    await settled(index, 2)
    expect(await shown(index, 'apple')).toEqual(['batch/whole 0 observation: one [apple]'])
    expect(await shown(index, 'ruined')).toEqual(['batch/ruined null head: batch/[ruined]'])
  })

  it('says in a sentence that there is no store, and that it has been closed', async () => {
    await expect(openSearchIndex(join(root, 'none'))).rejects.toThrow('there is no store at')
    const path = folder()
    await using _store = storeIn(path)
    const index = await openSearchIndex(path)
    await index[Symbol.asyncDispose]()
    await expect(index.search('x', top)).rejects.toThrow('the search index has been closed')
  })
})
