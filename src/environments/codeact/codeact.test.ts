import { describe, expect, it } from 'vitest'
import { pythonPlaces } from '../../../test/places.ts'
import { keyTo } from '../../core/attacks.ts'
import {
  type Agent,
  assistant,
  checkEnv,
  type Env,
  rollout,
  type Task,
  type Trajectory,
  textOf,
} from '../../core/index.ts'
import { openEnvironment } from '../index.ts'
import { agrees, type CodeactTask, codeact, codeactModes } from './codeact.ts'

const sandbox = await pythonPlaces()
const model = () => {
  throw new Error('nobody asks')
}
const tasks = [...(codeact().tasks('test') as Iterable<Task<CodeactTask>>)].slice(0, 12)

async function play(mode: (typeof codeactModes)[number], task: Task<CodeactTask>, agent?: Agent): Promise<Trajectory> {
  const spec = codeact(mode)
  const [group] = await Array.fromAsync(rollout(spec, agent ?? keyTo(spec, task), [task], { model, sandbox }))
  return group!.trajectories[0]!
}
const saying = (...texts: string[]): Agent => ({
  id: 'speaker',
  async play(episode) {
    for (const text of texts) if (!episode.done) await episode.step(assistant(text))
  },
})
const shownAfter = ({ steps, final }: Trajectory, step: number): string =>
  (steps[step + 1]?.observation ?? final!).messages.map(textOf).join('\n')

describe('one world in three modes', () => {
  for (const mode of codeactModes) {
    it(`keeps every promise by ${mode}`, { timeout: 300_000 }, async () => {
      const { promises } = await checkEnv(codeact(mode), { tasks: mode === 'code' ? 4 : 12, sandbox })
      expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
    })
  }

  it('is solved in each, by code in no more actions than by calls, and by Python that finds what the calls find', async () => {
    for (const task of tasks) {
      const [code, json, text] = [await play('code', task), await play('json', task), await play('text', task)]
      for (const { rewards } of [code, json, text])
        expect(rewards).toMatchObject({ success: { value: 1 }, verbatim: { value: 1 } })
      expect(json.steps.length).toBe(text.steps.length)
      expect(json.steps.length).toBeLessThanOrEqual(10)
      expect(code.steps.length).toBeLessThan(json.steps.length)
      expect(`Answer: ${shownAfter(code, 0)}`).toBe(code.steps[1]?.action.content)
      // The same calls show the same in both.
      for (let i = 0; i < json.steps.length - 1; i++) expect(shownAfter(json, i)).toBe(shownAfter(text, i))
    }
  })

  it('says the same of a wrong call in each', async () => {
    const [travel] = tasks
    const wrong = 'fare knows nothing of Utopia'
    expect(shownAfter(await play('code', travel!, saying("```python\nfare('Utopia')\n```")), 0)).toContain(wrong)
    const json = saying(
      '{"tool": "fare", "args": {"city": "Utopia"}}',
      '{"tool": "fly", "args": {}}',
      '{"tool": "fare"}',
    )
    const played = await play('json', travel!, json)
    expect([0, 1, 2].map((step) => shownAfter(played, step))).toEqual([
      `Error: ${wrong}`,
      "Error: there is no tool 'fly': there are fare, night",
      expect.stringMatching(/^Error: it is fare\(city: string\)/),
    ])
    expect(shownAfter(await play('text', travel!, saying('Thought: go.\nAction: fare, Utopia')), 0)).toBe(
      `Error: ${wrong}`,
    )
  })

  it('answers tool calls of the model one at a time, whatever their arguments', async () => {
    const [travel] = tasks
    const env = (await codeact('json').make(travel!, {} as never)) as Env
    const calls = [
      { id: 'a', name: 'constructor', arguments: null },
      { id: 'b', name: 'fare', arguments: ['Arden'] },
    ]
    const { observation } = await env.step({ role: 'assistant', content: '', calls })
    expect(observation.messages).toMatchObject([
      { role: 'tool', callId: 'a', content: expect.stringContaining("no tool 'constructor'") },
      { role: 'tool', callId: 'b', isError: true },
    ])
  })
})

describe('answers', () => {
  it('that are lists are compared item by item, in their order, however they are written', () => {
    const gold = ['Arden', 'Dover', 'Genoa']
    for (const said of [
      'Arden, Dover, Genoa',
      '["Arden", "Dover", "Genoa"]',
      "['Arden', 'Dover', 'Genoa']",
      'arden,dover,genoa',
    ])
      expect(agrees(said, gold), said).toBe(1)
    for (const said of [
      'Dover, Arden, Genoa',
      'Arden, Dover',
      'Arden, Dover, Genoa, Genoa',
      'Arden Dover Genoa',
      '',
      '[]',
    ])
      expect(agrees(said, gold), said).toBe(0)
  })

  it('that are numbers and texts are compared as such', () => {
    expect([agrees('1,200 crowns', 1200), agrees('1201', 1200), agrees('100 or 1200', 1200)]).toEqual([1, 0, 0])
    expect([agrees('the Dover', 'Dover'), agrees('Dover or Arden', 'Dover')]).toEqual([1, 0])
  })
})

it('is named by its mode', () => {
  expect(openEnvironment('codeact:json').id).toBe('codeact:json@1')
  expect(() => openEnvironment('codeact:lisp')).toThrow("played by code, json, text, not by 'lisp'")
})
