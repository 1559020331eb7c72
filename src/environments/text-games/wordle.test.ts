import { describe, expect, it } from 'vitest'
import { assistant, checkEnv, type Host, type StepResult, type Task, textOf } from '../../core/index.ts'
import { openEnvironment } from '../index.ts'
import { type WordleTask, wordle } from './wordle.ts'
import { lexicon } from './wordle-lexicon.ts'

const open = (argument: string, data: WordleTask, seed = 1) =>
  wordle(argument).make({ id: 't', data }, { seed } as Host) as ReturnType<ReturnType<typeof wordle>['make']> & {
    step(action: ReturnType<typeof assistant>): StepResult
  }
const seen = ({ observation }: StepResult) => observation.messages.map(textOf).join('|')

describe('wordle', () => {
  it.each(['', '400', '800,adversarial'])("is certified as 'wordle:%s'", async (argument) => {
    const { promises } = await checkEnv(wordle(argument), { tasks: 4 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('shows all of the board, marks letters as the usual game does, and ends at the word or after six turns', async () => {
    const env = await open('800', { word: 'error' })
    const said = ['rider', 'Every', 'aaaaa', 'error'].map((word) => env.step(assistant(word)) as StepResult)
    expect(said.map(seen)).toEqual([
      'rider ybbyg\n?',
      'rider ybbyg\nevery gbbyb\n?',
      'Not a word of the list.\nrider ybbyg\nevery gbbyb\n----- -----\n?',
      'rider ybbyg\nevery gbbyb\n----- -----\nerror ggggg',
    ])
    expect(said.map(({ reward, end }) => [reward, end])).toEqual([
      [-1, undefined],
      [-1, undefined],
      [-1, undefined],
      [undefined, 'terminated'],
    ])
    expect(env.data?.()).toMatchObject({ solved: true, turns: { length: 4 } })
    expect(env.picture?.().match(/<rect/g)).toHaveLength(21)
    const lost = await open('', { word: 'snare' })
    const ends = ['', 'x'.repeat(1e5), '{}', 'trash', 'constructor', 'trash'].map((text) => lost.step(assistant(text)))
    expect(ends.map((step) => (step as StepResult).end)).toEqual([...Array(5), 'terminated'])
    expect(seen(ends[5] as StepResult).length).toBeLessThan(100)
  })

  it('draws the word anew at every turn of the adversarial game, among those that fit', async () => {
    const { words, numbers, answer, letters } = lexicon('200')
    const finals = new Set<string>()
    for (let seed = 0; seed < 30; seed++) {
      const env = await open('adversarial', { game: seed }, seed)
      for (const word of ['trash', 'snare', 'taffy']) env.step(assistant(word))
      const { turns, left } = env.state
      const fits = words.filter((word) =>
        turns.every(([guess, said]) => letters(answer(numbers.get(guess)!, numbers.get(word)!)) === said),
      )
      expect(left.map((number) => words[number])).toEqual(fits)
      expect(fits.length).toBeGreaterThan(0)
      finals.add(turns.map(([, said]) => said).join())
    }
    expect(finals.size).toBeGreaterThan(20)
  })

  it.each(['200', '400', '800'] as const)(
    'has a key that finds every word of %s in six turns, however it is drawn',
    (name) => {
      const { words, answer, best } = lexicon(name)
      const turnsFor = (left: readonly number[], turn: number): number => {
        const guess = best(left, turn === 6)
        const groups = Map.groupBy(left, (word) => answer(guess, word))
        const rest = [...groups].filter(([, group]) => !(group.length === 1 && group[0] === guess))
        return Math.max(turn, ...rest.map(([, group]) => (turn < 7 ? turnsFor(group, turn + 1) : turn)))
      }
      expect(
        turnsFor(
          words.map((_, number) => number),
          1,
        ),
      ).toBeLessThanOrEqual(6)
    },
  )

  it('is named by its words, and its test words are no training words', () => {
    expect(openEnvironment('wordle:adversarial,800').id).toBe('wordle:800,adversarial@1')
    expect(() => openEnvironment('wordle:900')).toThrow(
      "'wordle' cannot be '900': it can be 200, 400, 800, fixed, adversarial",
    )
    expect(() => openEnvironment('wordle:200,400')).toThrow("'wordle' is '200' or '400', not both")
    const counts = (argument: string) =>
      (['train', 'test'] as const).map((split) => [...(wordle(argument).tasks(split) as Iterable<Task>)].length)
    expect(['200', '400', '800'].map((name) => counts(name).reduce((a, b) => a + b))).toEqual([236, 431, 826])
    expect(counts('adversarial')).toEqual([200, 50])
  })
})
