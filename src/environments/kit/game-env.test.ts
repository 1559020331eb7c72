import { describe, expect, it } from 'vitest'
import { react } from '../../agents/index.ts'
import { assistant, checkEnv, type EnvSpec, type Host, rollout, textOf } from '../../core/index.ts'
import { noisyOracle, scriptedModel } from '../../models/index.ts'
import { type GameEnv, gameEnv } from './game-env.ts'

interface Dice {
  readonly sum: number
  readonly die: number
  readonly over?: true
}

/** A die is thrown after each move; who stops at the goal exactly has won. */
const spec: EnvSpec<number, GameEnv<Dice>> = gameEnv({
  id: 'dice@1',
  tasks: (split) => (split === 'train' ? [20, 30] : [25]).map((goal) => ({ id: `${goal}`, data: goal })),
  limits: { steps: 100 },
  rules: (goal) => `Reach ${goal} exactly. Say 'add', 'throw' or 'stop'.`,
  start: (_, random): Dice => ({ sum: 0, die: 1 + random.int(6) }),
  show: ({ sum, die }) => `The sum is ${sum}, the die shows ${die}.`,
  play({ sum, die }, said, { data, random }) {
    if (!['add', 'throw', 'stop'].includes(said)) return { wrong: `'${said.slice(0, 20)}' is no move.`, reward: -1 }
    if (said === 'stop') return { state: { sum, die, over: true }, end: 'terminated', reward: sum === data ? 0 : -1 }
    return { state: { sum: said === 'add' ? sum + die : sum, die: 1 + random.int(6) }, reward: -0.01 }
  },
  success: ({ sum, over }, goal) => (over && sum === goal ? 1 : 0),
  successWeight: 1,
  best: ({ sum, die }, goal) => (sum === goal ? 'stop' : sum + die <= goal ? 'add' : 'throw'),
  guess: (_, random) => random.pick(['add', 'throw', 'stop']),
  picture: ({ sum }) => `<svg xmlns="http://www.w3.org/2000/svg"><text>${sum}</text></svg>`,
})
const task = { id: '20', data: 20 }
const open = (seed: number) => spec.make(task, { seed } as Host) as GameEnv<Dice>
const say = (env: GameEnv<unknown>, text: string) => {
  const { observation, ...rest } = env.step(assistant(text)) as Awaited<ReturnType<GameEnv<unknown>['step']>>
  return { ...rest, seen: observation.messages.map(textOf).join('|') }
}

describe('gameEnv', () => {
  it('makes a world that can be certified, chance and all', async () => {
    const { promises } = await checkEnv(spec)
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('draws what its seed says, the same in a fork that moves alike, and another where the seed is another', () => {
    const played = (env: GameEnv<unknown>) => Array.from({ length: 20 }, () => say(env, 'throw').seen)
    const [one, again] = [open(1), open(1)]
    expect(say(one, 'add')).toEqual(say(again, 'add'))
    const fork = one.fork!() as GameEnv<unknown>
    const before = one.state
    const explored = played(fork)
    expect(one.state).toEqual(before)
    expect(played(one)).toEqual(explored)
    expect(played(open(2))).not.toEqual(played(open(1)))
  })

  it('says what is no move, and what that costs', () => {
    const env = open(1)
    const before = env.state
    const { seen, reward } = say(env, 'jump')
    expect(seen).toMatch(/^'jump' is no move\.\nThe sum is 0/)
    expect([reward, env.state]).toEqual([-1, before])
    const called = env.step({ ...assistant(''), calls: [{ id: 'c1', name: 'add', arguments: {} }] })
    expect(called).toMatchObject({ observation: { messages: [{ role: 'tool', callId: 'c1', isError: true }, {}] } })
  })

  it('shows itself as data and as a picture', () => {
    const env = open(1)
    expect([env.data?.(), env.picture?.()]).toEqual([env.state, expect.stringContaining('<svg')])
  })

  it('has a key that goes by the state, whoever has moved before', async () => {
    const [group] = await Array.fromAsync(
      rollout(spec, spec.solve!(task) as ReturnType<typeof react>, [task], { model: scriptedModel([]) }),
    )
    expect(group?.trajectories[0]?.rewards).toMatchObject({ success: { value: 1, weight: 1 } })
  })

  it('has a key that a model can hide behind, and that copes with moves that were not its own', async () => {
    const noisy = { model: noisyOracle(spec, 0.2), attempts: 8 }
    const [group] = await Array.fromAsync(rollout(spec, react({ turns: 0 }), [task], noisy))
    expect(group?.trajectories.map(({ outcome }) => outcome.kind)).toEqual(Array(8).fill('scored'))
    expect(group?.trajectories.some(({ rewards }) => rewards['success']?.value === 1)).toBe(true)
  })
})
