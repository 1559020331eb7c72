import { describe, expect, it } from 'vitest'
import { react } from '../../agents/index.ts'
import { type Agent, assistant, checkEnv, type Host, rollout, type Seat, type Task, textOf } from '../../core/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { openEnvironment } from '../index.ts'
import { guessingGame } from './guessing-game.ts'
import { oracleGame } from './oracle-game.ts'
import { everydayThings, worldCities } from './twenty-questions.ts'

const both = [everydayThings, worldCities]
const open = async (table: typeof everydayThings, thing: string) =>
  guessingGame(table).make({ id: 't', data: { thing } }, { seed: 1 } as Host)
const say = async (env: Awaited<ReturnType<typeof open>>, text: string) => {
  const { observation, ...rest } = await env.step(assistant(text))
  return [observation.messages.map(textOf).join('|'), rest.reward ?? 0, rest.end]
}

describe.each(both)('$world', (table) => {
  it('is certified', async () => {
    const { promises } = await checkEnv(guessingGame(table), { tasks: 6 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('has a key that finds everything, and that things can be told apart', async () => {
    const spec = guessingGame(table)
    const tasks = (['train', 'test'] as const).flatMap((split) => [...(spec.tasks(split) as Iterable<Task<never>>)])
    expect(new Set(table.things.map(({ answers }) => answers.join())).size).toBe(table.things.length)
    expect(tasks).toHaveLength(table.things.length)
    const agent = (task: Task<never>) => spec.solve!(task) as Agent
    const played = rollout(spec, agent(tasks[0]!), tasks, { model: scriptedModel([]) })
    const groups = await Array.fromAsync(played)
    const [won, steps] = [0, 1].map((wanted) =>
      groups.reduce(
        (sum, { trajectories: [one] }) => sum + (wanted === 0 ? one!.rewards.success!.value! : one!.steps.length),
        0,
      ),
    )
    expect(won).toBe(tasks.length)
    expect(steps! / tasks.length).toBeLessThan(9)
  })
})

describe('a guessing game', () => {
  it('answers what it knows, however it is written, and says what it does not', async () => {
    const env = await open(everydayThings, 'cat')
    expect(await say(env, 'is it an ANIMAL')).toEqual(['Yes.', -1, undefined])
    expect(await say(env, 'Can it fly?')).toEqual(['No.', -1, undefined])
    expect(await say(env, 'Is it a dog?')).toEqual(['No.', -1, undefined])
    expect(await say(env, 'Is it a reptile?')).toEqual([
      "I cannot answer 'Is it a reptile?'.\n16 questions left.",
      -1,
      undefined,
    ])
    for (const text of ['', '{}', 'constructor', 'x'.repeat(1e5)]) expect((await say(env, text))[1]).toBe(-1)
    expect(env.data?.()).toMatchObject({ asked: 8, solved: false })
    expect(await say(env, 'the cat')).toEqual(["I cannot answer 'the cat'.\n11 questions left.", -1, undefined])
    expect(await say(env, 'Is it the cat')).toEqual(['Yes.', 0, 'terminated'])
  })

  it('reads names without their accents, and ends after twenty questions', async () => {
    const env = await open(worldCities, 'São Paulo')
    expect(await say(env, 'Which continent is it on?')).toEqual(['South America.', -1, undefined])
    expect(await say(env, 'is it sao paulo?')).toEqual(['Yes.', 0, 'terminated'])
    const lost = await open(worldCities, 'Paris')
    for (let i = 0; i < 19; i++) expect((await say(lost, 'Is it Lyon?'))[2]).toBe(undefined)
    expect(await say(lost, 'Is it Lyon?')).toEqual(['No.', -1, 'terminated'])
  })
})

describe('a guessing game with a model as its oracle', () => {
  const play = async (table: typeof everydayThings, oracle: string, says: readonly string[]) => {
    const spec = oracleGame(table)
    const thing = table === everydayThings ? 'cat' : 'Oslo'
    const seats = { oracle: scriptedModel(() => oracle), agent: scriptedModel(says) }
    const model = ({ role }: Seat) => (role === 'oracle' ? seats.oracle : seats.agent)
    const groups = await Array.fromAsync(rollout(spec, react(), [{ id: 't', data: { thing } }], { model }))
    const { steps, final, rewards } = groups[0]!.trajectories[0]!
    const seen = [...steps.slice(1).map(({ observation }) => observation), final!]
    return {
      answers: seen.map(({ messages }) => messages.map(textOf).join('|')),
      rewards: steps.map(({ reward }) => reward),
      success: rewards.success?.value,
      asked: seats.oracle.requests.map(({ messages }) => messages.map(textOf).join('|')),
    }
  }

  it('puts to the model what is no guess, and takes yes and no from it', async () => {
    const played = await play(everydayThings, 'yes, it does', ['Does it purr?', 'Is it a dog?', '', 'Is it a cat?'])
    expect(played.answers).toEqual(['Yes.', 'No.', 'That is no question.', 'Yes.'])
    expect([played.rewards, played.success]).toEqual([[-1, -1, -1, 0], 1])
    expect(played.asked).toEqual([expect.stringMatching(/The thing to be found is a cat\. .*\|Does it purr\?$/)])
    const { answers } = await play(everydayThings, 'It is a cat', ['What is it?', 'x'.repeat(1e5), 'Is it a cat?'])
    expect(answers).toEqual(['I cannot answer that.', 'That is too long.', 'Yes.'])
  })

  it('does not hear an oracle that names the city', async () => {
    const named = await play(worldCities, 'Well, I live in OSLO!', ['Where do you live?', 'Is it Oslo?'])
    expect(named.answers).toEqual(['I cannot answer that.', 'Yes.'])
    const hint = await play(worldCities, 'There is a fjord.', ['What is it known for?', 'Oslo'])
    expect([hint.answers, hint.success]).toEqual([['There is a fjord.', 'Yes.'], 1])
  })

  it('is certified with any model in the seat', async () => {
    const { promises } = await checkEnv(oracleGame(everydayThings), { tasks: 3, model: scriptedModel(() => 'No.') })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
    expect(openEnvironment('guess-my-city:model').id).toBe('guess-my-city:model@1')
    expect(() => openEnvironment('twenty-questions:t5')).toThrow("cannot be 't5': it can be scripted, model")
  })
})
