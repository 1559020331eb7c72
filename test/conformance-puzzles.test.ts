/** Puzzles and recipes against public data: in the folder LUDUS_DATA, or in ../shared/data beside the clone. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Agent, checkEnv, type EnvSpec, rollout, type Task } from '../src/core/index.ts'
import { openEnvironment } from '../src/environments/index.ts'
import { scoreOf, solution, ways } from '../src/environments/puzzles/game24.ts'
import { solved, type X1Puzzle } from '../src/environments/puzzles/x1.ts'
import { scriptedModel } from '../src/models/index.ts'

const data = process.env['LUDUS_DATA'] ?? join(import.meta.dirname, '../../shared/data')
const there = existsSync(data)
if (!there) process.stderr.write(`conformance checks not run: there is no data in ${data}, and LUDUS_DATA names none\n`)

const allOf = <D>(spec: EnvSpec<D>): Task<D>[] =>
  (['test', 'train'] as const).flatMap((split) => [...(spec.tasks(split) as Iterable<Task<D>>)])
const brokenPromises = async (spec: EnvSpec): Promise<unknown> =>
  (await checkEnv(spec)).promises.filter(({ verdict }) => verdict === 'broken')

describe.skipIf(!there)('against the games of 24', () => {
  const open = () => openEnvironment('game24-file', join(data, 'game24')) as EnvSpec<{ numbers: number[] }>

  it('1,362 of 1,362 are solved', () => {
    const games = allOf(open())
    const solvedOnes = games.filter(({ data: { numbers } }) => scoreOf(`${solution(numbers)}`, numbers).value === 1)
    expect([games.length, solvedOnes.length]).toEqual([1362, 1362])
    expect([...(open().tasks('test') as Iterable<Task>)].length).toBe(100)
  })

  it('what has fewer ways is harder for people', () => {
    const games = allOf(open()).sort((a, b) => Number(a.id) - Number(b.id))
    const means = [games.slice(0, 681), games.slice(681)].map(
      (half) => half.reduce((sum, { data: { numbers } }) => sum + ways(numbers), 0) / half.length,
    )
    expect(means[0]! / means[1]!).toBeGreaterThan(1.5)
  })

  it('the world is certified', async () => expect(await brokenPromises(open())).toEqual([]))
})

describe.skipIf(!there)('against x1', () => {
  const open = (argument: string) => openEnvironment(argument, join(data, 'x1')) as EnvSpec<X1Puzzle>

  it.each(['einstein', 'prontoqa'])('%s: our solver ends on all 1,000, and agrees with every label', (set) => {
    const puzzles = allOf(open(`x1:${set}`))
    const agreed = puzzles.filter(({ data }) => solved(data.set, data.problem) === data.solution)
    expect([puzzles.length, agreed.length]).toEqual([1000, 1000])
  })

  it('the world is certified, and takes sets and levels', async () => {
    expect(await brokenPromises(open('x1'))).toEqual([])
    expect(new Set(allOf(open('x1:einstein,2-3')).map(({ data: { set, level } }) => `${set} ${level}`))).toEqual(
      new Set(['einstein 2', 'einstein 3']),
    )
    expect(() => open('x1:knapsack')).toThrow("not 'knapsack'")
  })

  it('says what is wrong with a folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ludus-x1-'))
    const from = (file: string, text: string) => () => {
      writeFileSync(join(folder, file), text)
      return openEnvironment('x1:einstein', folder)
    }
    expect(() => openEnvironment('x1', folder)).toThrow('holds neither einstein.json.bz2 nor einstein.json')
    expect(from('einstein.json.bz2', 'no such thing')).toThrow("begins with 'BZh'")
    expect(from('einstein.json', '{"data":[{"level":12,"problem":"?","solution":"1"}]}')).toThrow('data.0.level')
  })
})

describe.skipIf(!there)('against TextCraft', () => {
  const spec = () => openEnvironment('textcraft-file', join(data, 'textcraft'))

  it('the planner makes 544 of its 544 goals', async () => {
    const opened = spec()
    const tasks = allOf(opened)
    const made = { goals: 0, longest: 0 }
    for (const task of tasks) {
      const groups = rollout(opened, opened.solve!(task) as Agent, [task], { model: scriptedModel([]) })
      for await (const { trajectories } of groups) {
        const { rewards, steps } = trajectories[0]!
        made.goals += rewards['success']?.value ?? 0
        made.longest = Math.max(made.longest, steps.length)
      }
    }
    expect([tasks.length, made.goals]).toEqual([544, 544])
    expect(made.longest).toBe(48)
  })

  it('the world is certified', async () => expect(await brokenPromises(spec())).toEqual([]))
})
