import { describe, expect, it } from 'vitest'
import { type Answered, countEnv, counting, weighing, word } from '../../test/worlds.ts'
import { nearNumber, withinLimits } from '../rewards/index.ts'
import { type Agent, assistant, checkEnv, type Env, type EnvSpec, type Pledge, textOf, user } from './index.ts'

const broken = async <D, E extends Env>(spec: EnvSpec<D, E>): Promise<Pledge[]> => {
  const { certified, promises } = await checkEnv(spec)
  const found = promises.filter(({ verdict }) => verdict === 'broken')
  expect(certified).toBe(found.length === 0)
  return found
}
const names = (pledges: readonly Pledge[]): string[] => pledges.map(({ name }) => name)
const sentences = (pledges: readonly Pledge[]): string => pledges.map(({ why }) => why).join('\n')

describe('checkEnv', () => {
  it('certifies a sound world, and tells of each promise', async () => {
    const told: string[] = []
    const certificate = await checkEnv(counting(), { onPledge: ({ name }) => told.push(name) })
    expect(certificate.promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
    expect(certificate).toMatchObject({ env: 'counting@1', certified: true })
    expect(told).toEqual(names(certificate.promises))
    expect(certificate.promises.find(({ name }) => name.includes('answer key'))).toMatchObject({
      verdict: 'kept',
      figure: '8/8',
    })
  })

  it('catches a reward that sleeps', async () => {
    const always = (value: number) => counting({ rubric: { success: { weight: 1, score: () => value } } })
    expect(sentences(await broken(always(1)))).toContain("a reward sleeps: 'success' is 1 whatever happens")
    expect(sentences(await broken(always(0)))).toContain("a reward sleeps: 'success' is 0 whatever happens")
    const { success } = counting().rubric
    const second = counting({ rubric: { success, style: { weight: 1, score: () => 0.5 } } })
    expect(names(await broken(second))).toEqual(['the rewards are awake'])
  })

  it('catches a checker that accepts anything, and says what was accepted', async () => {
    // The reference MedAgentGym checker's defect: an 'or' where an 'and' is meant.
    const lenient = counting({ rubric: { success: { weight: 10, score: () => 1 } } })
    const found = await broken(lenient)
    expect(names(found)).toContain('silence earns nothing')
    expect(sentences(found)).toContain("'' succeeds in 100 % of the tasks")
  })

  it('catches a key that does not solve its task', async () => {
    const found = await broken(
      counting({ solve: ({ data }) => Array.from({ length: data.target - 1 }, (_, i) => assistant(word(i))) }),
    )
    expect(sentences(found)).toContain("the key does not solve task 'to-2'")
    const { solve: _, ...keyless } = counting()
    expect(sentences(await broken(keyless))).toContain('ships no answer key')
  })

  it('catches a world that opens differently with the same seed', async () => {
    let opened = 0
    const spec = counting({
      make: ({ data }) => countEnv(data.target, 0, { reset: () => ({ messages: [user(`world ${opened++}`)] }) }),
    })
    const found = await broken(spec)
    expect(names(found)).toContain('the same seed opens the same world')
    expect(sentences(found)).toContain('opened with the same seed and played alike, the world is another')
  })

  it('catches episodes that share their state', async () => {
    let shared = 0
    const spec = counting({
      make: () => {
        shared = 0
        return countEnv(0, 0, { step: () => ({ observation: { messages: [user(`shared ${shared++}`)] } }) })
      },
    })
    expect(names(await broken(spec))).toContain('episodes do not see each other')
  })

  it('catches a world that breaks on nonsense', async () => {
    const spec = counting({
      make: ({ data }) => {
        const env = countEnv(data.target)
        const { step } = env
        return Object.assign(env, {
          step(action: Parameters<typeof step>[0]) {
            if (action.content === '__proto__') throw new Error('undefined is not a function')
            return step(action)
          },
        })
      },
    })
    const found = await broken(spec)
    expect(names(found)).toEqual(['nonsense breaks nothing'])
    expect(sentences(found)).toContain('undefined is not a function')
  })

  it('catches a reward that pays more for being right later', async () => {
    const solve = (): Agent => ({
      id: 'adaptive',
      async play(episode) {
        for (let count = 0; !episode.done; count = Number(/\d+/.exec(textOf(episode.observation.messages[0]!))?.[0])) {
          await episode.step(assistant(word(count)))
        }
      },
    })
    const done = counting().rubric.success
    expect(await broken(counting({ solve }))).toEqual([])
    const slow = {
      success: done,
      patience: {
        weight: 5,
        score: ({ env, task, steps }: Parameters<typeof done.score>[0]) =>
          env.count === task.data.target ? steps.length : 0,
      },
    }
    const found = await broken(counting({ solve, rubric: slow }))
    expect(names(found)).toContain('being right later never pays more')
  })

  it('catches a fork that is tied to its original', async () => {
    const spec = counting({
      make: ({ data }) => {
        const env = countEnv(data.target)
        return Object.assign(env, { fork: () => env })
      },
    })
    expect(names(await broken(spec))).toContain('a fork is a world of its own')
  })

  it('catches tasks that stand in both splits, or change', async () => {
    const both = counting({ tasks: () => [{ id: 'same', data: { target: 3 } }] })
    expect(sentences(await broken(both))).toContain("the task id 'same' stands twice")
    const twins = counting({ tasks: (split) => [{ id: split, data: { target: 3 } }] })
    expect(sentences(await broken(twins))).toContain("the test task 'test' is a train task too")
    let call = 0
    const moving = counting({ tasks: (split) => [{ id: `${split}-${call++}`, data: { target: 3 } }] })
    expect(sentences(await broken(moving))).toContain('the train tasks are others at every call')
    expect(sentences(await broken(counting({ tasks: () => [] })))).toContain('it has no tasks')
  })

  it('leaves unchecked what a world does not offer', async () => {
    const { guess: _, ...silent } = counting({
      make: ({ data }) => ({ ...countEnv(data.target), fork: undefined as never }),
    })
    const { promises } = await checkEnv(silent)
    const unchecked = promises.filter(({ verdict }) => verdict === 'unchecked')
    expect(names(unchecked)).toEqual([
      'the form of an answer without one earns nothing',
      'chance earns less than the key',
      'being right later never pays more',
      'answers are paid in the order of their worth',
      'a fork is a world of its own',
    ])
  })

  it('tells of the trajectories behind a broken promise, by the names that the promise gives', async () => {
    const shown: string[] = []
    const { promises } = await checkEnv(counting({ solve: () => [assistant('tick')] }), {
      ...{ batch: 'worlds/counting', tasks: 2 },
      onEvidence: ({ id, batch, task, attempt }) => {
        expect(id).toBe(`${batch}/${task}/${attempt}`)
        shown.push(id)
      },
    })
    const key = promises.find(({ name }) => name.includes('answer key'))
    expect(key?.evidence).toEqual(
      ['to-2/0', 'to-3/1', 'to-6/2', 'to-7/3'].map((id) => `worlds/counting/the-answer-key-earns-full-marks/${id}`),
    )
    expect(promises.flatMap(({ evidence = [] }) => evidence)).toEqual(shown)
  })

  it('stops when told to', async () => {
    await expect(checkEnv(counting(), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })
})

describe('checkEnv, of a world that asks', () => {
  const limits = (gold: number) => ({ low: gold * 0.95, high: gold * 1.05 })
  const last: Answered = (answers, gold) => withinLimits(answers.at(-1) ?? '', limits(gold))
  const fell = async (judged: Answered): Promise<string> =>
    (await broken(weighing(judged))).map(({ name, why }) => `${name}: ${why}`).join('\n')

  it('certifies a sound one, all of it checked but what needs chance, forks or a longer key', async () => {
    const { promises } = await checkEnv(weighing(last))
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
    expect(names(promises.filter(({ verdict }) => verdict === 'unchecked'))).toEqual([
      'chance earns less than the key',
      'the key cut short earns less than the key',
      'being right later never pays more',
      'a fork is a world of its own',
    ])
    expect(promises.find(({ name }) => name.includes('order of their worth'))?.figure).toBe('8 orderings')
  })

  it("catches the reference’s 'or' between the limits by a constant", async () => {
    const either: Answered = (answers, gold) => {
      const value = Number.parseFloat(answers.at(-1) ?? '')
      return value >= gold * 0.95 || value <= gold * 1.05 ? 1 : 0
    }
    expect(await fell(either)).toContain(
      "a constant earns nothing: '0', given as the answer succeeds in 100 % of the tasks ('train-0', 'train-1', 'train-2', …)",
    )
    const chancy = weighing(either, { guess: (_, random) => assistant(`answer: ${random.int(100)}`) })
    expect(names(await broken(chancy))).toContain('a constant earns nothing')
  })

  it('catches a judge that says yes to a colon by the keys', async () => {
    const fooled: Answered = (answers, gold) => (answers.at(-1) === ':' ? 1 : last(answers, gold))
    expect(await fell(fooled)).toMatch(/^master keys open nothing: ':', given as the answer succeeds in 100 %/)
  })

  it('catches what is found inside of a longer answer by a flood', async () => {
    const inside: Answered = (answers, gold) =>
      new RegExp(`\\b${gold.toFixed(0)}\\b`).test(answers.at(-1) ?? '') ? 1 : 0
    const spec = weighing(inside, {
      solve: ({ data: { weight, height } }) => [assistant(`answer: ${(weight / (height / 100) ** 2).toFixed(0)}`)],
    })
    expect(names(await broken(spec))).toContain('a flood earns nothing')
  })

  it('catches pay for the form alone, and for a number of the question', async () => {
    expect(await fell((answers, gold) => (answers.at(-1) === '' ? 1 : last(answers, gold)))).toContain(
      "the form of an answer without one earns nothing: '', given as the answer succeeds",
    )
    const tolerant: Answered = (answers, gold) => nearNumber(answers.at(-1) ?? '', { gold, relative: 1.2 })
    expect(await fell(tolerant)).toMatch(/the numbers of the question earn nothing: number 2 of the question, given/)
  })

  it('catches pay for handing in again', async () => {
    const perAnswer: Answered = (answers, gold) =>
      answers.reduce((sum, answer) => sum + withinLimits(answer, limits(gold)), 0)
    expect(await fell(perAnswer)).toContain('handing in again earns nothing: handing in the same again is paid again')
  })

  it('catches pay for having been wrong first', async () => {
    const redeemed: Answered = (answers, gold) => Number(last(answers, gold)) * (answers.length > 1 ? 1.5 : 1)
    const found = await fell(redeemed)
    expect(found).toContain('answers are paid in the order of their worth: a wrong answer first never pays')
    expect(found).toContain("'right' is paid 1, and 'wrong then right' is paid 1.5")
  })

  it('catches a key whose last action is for nothing', async () => {
    const spec = weighing(last, {
      solve: ({ data: { weight, height } }) => [
        assistant(`answer: ${weight / (height / 100) ** 2}`),
        assistant('done'),
      ],
    })
    expect(sentences(await broken(spec))).toContain(
      "the key without its last action is as good as all of it (task 'train-0')",
    )
  })

  it('tells which task broke under which player', async () => {
    const fragile: Answered = (answers, gold) => {
      if ((answers.at(-1) ?? '').length > 50_000) throw new Error('too long')
      return last(answers, gold)
    }
    expect(await fell(fragile)).toBe(
      "a flood earns nothing: task 'train-0' broke (reward) under 100,000 characters, given as the answer: too long",
    )
  })

  it('tries an attack on fewer tasks first where a world opens sandboxes, and on all where it gets anything', async () => {
    const sandboxed = weighing(last)
    const { make } = sandboxed
    let opened = 0
    const sandbox = async () => ({ [Symbol.asyncDispose]: async () => {} }) as never
    const spec = (judged: Answered) =>
      weighing(judged, {
        make: async (task, host) => {
          await host.sandbox({ language: 'python' })
          opened++
          return make(task, host)
        },
      })
    expect((await checkEnv(spec(last), { sandbox })).certified).toBe(true)
    const sound = opened
    const rarely: Answered = (answers, gold) => (answers.at(-1) === ':' && gold > 27 ? 1 : last(answers, gold))
    const { promises } = await checkEnv(spec(rarely), { sandbox })
    expect(sentences(promises.filter(({ verdict }) => verdict === 'broken'))).toMatch(
      /':', given as the answer succeeds in 3\d %/,
    )
    expect(opened).toBeGreaterThan(sound + 16)
  })
})
