import { describe, expect, it } from 'vitest'
import { factsIn } from '../../../test/facts-in.ts'
import {
  type Agent,
  checkEnv,
  type Episode,
  type Json,
  type Random,
  random,
  rollout,
  type Task,
  textOf,
} from '../../core/index.ts'
import { summarise } from '../../data/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { tableIn } from '../../rewards/index.ts'
import { openEnvironment } from '../index.ts'
import { RELATIONS } from './facts.ts'
import { markdown, type WideTask, widesearch } from './widesearch.ts'

const spec = widesearch()
const tasks = [...(spec.tasks('test') as Iterable<Task<WideTask>>)]

type Facts = ReadonlyMap<string, string>

/** What an agent reads who goes by nothing but searching, opening and the passages' own sentences. */
function reader(episode: Episode) {
  let calls = 0
  const use = async (name: string, given: Json): Promise<string> => {
    const call = { id: `c${calls++}`, name, arguments: given }
    const { observation } = await episode.step({ role: 'assistant', content: '', calls: [call] })
    return observation.messages.map(textOf).join()
  }
  const read = new Map<string, readonly [title: string, Facts]>()
  const open = async (id: string): Promise<readonly [string, Facts]> => {
    const [title, text] = read.has(id) ? ['', ''] : ((await use('open', { id })).split('\n') as [string, string])
    if (title !== '') read.set(id, [title, factsIn(title, text)])
    return read.get(id)!
  }
  const search = async (query: string, most: number): Promise<{ id: string; title: string }[]> =>
    JSON.parse(await use('search', { query, most }))
  return { use, open, search }
}

/** Finds all rows and overlooks each with this chance. */
const collector = (epsilon: number): Agent => ({
  id: `collector, ${epsilon}`,
  async play(episode) {
    const { use, open, search } = reader(episode)
    const rng = chances.split(epsilon, played++)
    const ask = textOf(episode.observation.messages.at(-1)!)
    const [, all, list] = /^Make a table of all (.*), a row for each\. Its columns are: (.*)\.$/.exec(ask)!
    const { name: shared, all: phrase } = RELATIONS.find((one) => all!.startsWith(`${one.all} `))!
    const target = all!.slice(phrase.length + 1)
    const rows: Record<string, string>[] = []
    for (const { id } of await search(target, 20)) {
      const [title, facts] = await open(id)
      if (facts.get(shared) !== target || rng.next() < epsilon) continue
      const cells: string[] = [title, facts.get('number')!]
      for (const column of list!.split(', ').slice(2)) {
        const [last, between] = column.split(' of the ')
        if (between === undefined) cells.push(facts.get(column)!)
        else {
          const name = facts.get(between)!
          const found = (await search(name, 5)).find((one) => one.title === name)!
          cells.push((await open(found.id))[1].get(last!)!)
        }
      }
      rows.push(Object.fromEntries(list!.split(', ').map((column, i) => [column, cells[i]!])))
    }
    await use('finish', { answer: rows.length > 0 ? markdown(rows) : 'none' })
  },
})
const chances: Random = random(5)
let played = 0

const ATTEMPTS = 3
const average = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length
/** The groups that a collector leaves. */
async function collected(epsilon: number) {
  played = 0
  const groups = []
  const options = { model: scriptedModel([]), attempts: ATTEMPTS, concurrency: 1 }
  for await (const group of rollout(spec, collector(epsilon), tasks, options)) groups.push(group)
  return groups
}

describe('widesearch', () => {
  it('is certified', async () => {
    const { promises } = await checkEnv(openEnvironment('widesearch'))
    expect(promises.filter(({ verdict }) => verdict !== 'kept')).toEqual([])
  })

  it('has tables of three to eight rows, which read back as they were written', () => {
    for (const { data } of tasks) {
      expect(data.rows.length >= 3 && data.rows.length <= 8).toBe(true)
      expect(tableIn(markdown(data.rows))).toEqual(data.rows)
    }
  })

  it('is done whole by whoever overlooks nothing', async () => {
    const groups = await collected(0)
    expect(summarise(groups).success.mean).toBe(1)
  })

  it.each([0.1, 0.3, 0.6])('recall falls as predicted when rows are overlooked with chance %d', async (epsilon) => {
    const groups = await collected(epsilon)
    const all = groups.flatMap(({ trajectories }) => trajectories)
    const mean = (name: string): number => average(all.map(({ rewards }) => rewards[name]!.value!))
    const counts = groups.map(({ task }) => task.data.rows.length)
    // Rows are lost one by one; a table's recall is a mean over its rows.
    const variance = average(counts.map((rows) => (epsilon * (1 - epsilon)) / rows))
    const error = 3 * Math.sqrt(variance / all.length)
    for (const name of ['row-recall', 'item-recall'])
      expect(Math.abs(mean(name) - (1 - epsilon)), name).toBeLessThan(error)
    // What was found is right; a table without rows has no precision.
    const found = average(counts.map((rows) => 1 - epsilon ** rows))
    for (const name of ['row-precision', 'item-precision'])
      expect(Math.abs(mean(name) - found), name).toBeLessThan(3 * Math.sqrt((found * (1 - found)) / all.length) + 1e-9)
    // Avg@N is the mean success, Pass@N that of any of N.
    const whole = counts.map((rows) => (1 - epsilon) ** rows)
    const once = average(whole)
    const any = average(whole.map((one) => 1 - (1 - one) ** ATTEMPTS))
    const { success, passAt } = summarise(groups)
    expect(Math.abs(success.mean! - once)).toBeLessThan(3 * Math.sqrt((once * (1 - once)) / all.length))
    expect(Math.abs(passAt[ATTEMPTS]! - any)).toBeLessThan(3 * Math.sqrt((any * (1 - any)) / groups.length))
  })
})
