import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Agent, type EnvSpec, rollout, successOf, type Task, textOf } from '../core/index.ts'
import { arithmetic, maze, tool, toolEnv } from '../environments/index.ts'
import { noisyOracle, oracle, type Script, scriptedModel } from '../models/index.ts'
import { calculate } from './formula.ts'
import { lumos } from './lumos.ts'
import { actionsIn, argumentsIn, resolved } from './lumos-actions.ts'

describe('the actions of Lumos', () => {
  it('are read with their results, names and arguments, a line each or behind semicolons', () => {
    const text = `Well.
Subgoal 1: R1 = KnowledgeQuery(Foo)
R2 = ParagraphRetrieve(R1, Query: Who, in 1815, was born?); R3 = QA([R2, R1], Question: Who (or what) is it?);
R4 = Calculator((R1 + 2) * 3)`
    expect(actionsIn(text)).toEqual([
      { result: 'R1', name: 'KnowledgeQuery', given: [{ text: 'Foo' }] },
      {
        result: 'R2',
        name: 'ParagraphRetrieve',
        given: [{ text: 'R1' }, { label: 'Query', text: 'Who, in 1815, was born?' }],
      },
      { result: 'R3', name: 'QA', given: [{ text: '[R2, R1]' }, { label: 'Question', text: 'Who (or what) is it?' }] },
      { result: 'R4', name: 'Calculator', given: [{ text: '(R1 + 2) * 3' }] },
    ])
    expect(argumentsIn('Query: a, b, Limit: 3')).toEqual([
      { label: 'Query', text: 'a, b' },
      { label: 'Limit', text: '3' },
    ])
    expect(argumentsIn('')).toEqual([])
    expect(['', 'R1', 'R1 = Look(', 'Look(3)', 'constructor = x(1)'].flatMap(actionsIn)).toEqual([])
  })

  it('take no time to refuse what is none', () => {
    for (const piece of [';', '(', 'R1 = F(', ' ', '\n', ';   R1 = F(a,', 'Query: a, ']) {
      const started = performance.now()
      actionsIn(`R1 = F(${piece.repeat(20_000)})`)
      expect(performance.now() - started).toBeLessThan(1000)
    }
  })

  it('speak of earlier results, which must be there', () => {
    const results = new Map([
      ['R1', 'Paris'],
      ['R12', 'Rome'],
    ])
    expect(resolved('from R1 to R12', results)).toBe('from Paris to Rome')
    expect(resolved('[R1, R12]', results)).toBe('Paris\nRome')
    expect(() => resolved('R2', results)).toThrow('R2 has no result: there are R1, R12')
  })
})

describe('a formula', () => {
  it.each([
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4 - 1', 19],
    ['-2 ^ 2', -4],
    ['2 ^ 3 ^ 2', 512],
    ['8 / 4 / 2', 1],
    ['2 - 3 - 4', -5],
    ['.5 * -4', -2],
  ])('%s comes to %d', (formula, value) => expect(calculate(formula)).toBe(value))

  it.each([
    ['2 +', "'the end' is no number"],
    ['', "'the end' is no number"],
    ['2 apples', "'a' follows on a whole formula"],
    ['(1', 'a bracket is not closed'],
    ['1 / 0', 'is no finite number'],
    ['('.repeat(2000), 'at most 1000 characters'],
  ])("'%s' is refused", (formula, why) => expect(() => calculate(formula)).toThrow(why))
})

const facts: ReadonlyMap<string, string> = new Map([
  ['Ada Lovelace', 'Ada Lovelace was a daughter of Lord Byron.\nShe wrote about the engine.'],
  ['Lord Byron', 'Lord Byron was born in London.\nHe swam.'],
])

/** Lumos's own tools over two articles; the last word is the answer. */
const articles: EnvSpec<string> = toolEnv<null, string>({
  id: 'articles@1',
  tasks: () => [{ id: 'born', data: 'London' }],
  limits: { steps: 8 },
  instructions: 'Answer from the articles.',
  ask: () => 'Where was the father of Ada Lovelace born?',
  tools: {
    KnowledgeQuery: tool({
      about: 'The article on something.',
      input: z.object({ query: z.string() }),
      run: (_: null, { query }) => ({ result: facts.get(query) ?? 'no article' }),
    }),
    ParagraphRetrieve: tool({
      about: 'The lines on a question.',
      input: z.object({ context: z.string(), query: z.string(), lines: z.int().optional() }),
      run: (_: null, { context, lines = 1 }) => ({ result: context.split('\n').slice(0, lines).join('\n') }),
    }),
  },
  start: () => null,
  words: 'end',
  success: ({ talk }, right) => (talk.at(-1)?.text === right ? 1 : 0),
  solve: (right) => [right],
})

/** Reads the answer off the context, as a perfect reader would. */
const reader: Script = ({ messages }) => {
  const text = textOf(messages.at(-1)!)
  return /born in (\w+)/.exec(text)?.[1] ?? /daughter of (Lord \w+)/.exec(text)?.[1] ?? 'unknown'
}

async function play(spec: EnvSpec<string>, agent: Agent, scripts: Readonly<Record<string, Script>>) {
  const seats = new Map(Object.entries(scripts).map(([role, script]) => [role, scriptedModel(script)]))
  const model = ({ role }: { role: string }) => seats.get(role)!
  const groups = await Array.fromAsync(rollout(spec, agent, spec.tasks('test'), { model, concurrency: 1 }))
  return { all: groups.map(({ trajectories }) => trajectories[0]!), played: groups[0]!.trajectories[0]!, seats }
}
const [find, born] = ['Subgoal 1: Find the father.', 'Subgoal 2: Find where he was born.']
const actions = [
  'R1 = KnowledgeQuery(Ada Lovelace); R2 = ParagraphRetrieve(R1, Query: Who, if known, is the father?, Lines: 1)\nR3 = QA([R2], Question: Who is the father?)',
  'R4 = KnowledgeQuery(R3)\nR5 = ParagraphRetrieve(R4, Query: Where was R3 born?)\nR6 = QA([R5], Question: Where was R3 born?)',
]

describe('lumos', () => {
  it('plans all, grounds all, and does all, once over', async () => {
    const { played, seats } = await play(articles, lumos(), {
      planner: [`${find}\n${born}`],
      grounder: [actions.join('\n')],
      executor: reader,
    })
    expect([successOf(played), played.stop, played.agent]).toEqual([1, 'terminated', 'lumos'])
    const calls = played.steps.flatMap(({ action }) => (action.calls ?? []).map((call) => [call.name, call.arguments]))
    expect(calls[1]).toEqual([
      'ParagraphRetrieve',
      { context: facts.get('Ada Lovelace'), query: 'Who, if known, is the father?', lines: 1 },
    ])
    expect(calls[2]).toEqual(['KnowledgeQuery', { query: 'Lord Byron' }])
    expect(seats.get('grounder')!.requests.length).toBe(1)
    expect(textOf(seats.get('grounder')!.requests[0]!.messages[0]!)).toContain('KnowledgeQuery(query): The article on')
  })

  it('plans each subgoal by what the last came to, and stops when the planner says so', async () => {
    const { played, seats } = await play(articles, lumos({ iterative: true }), {
      planner: [find!, `No, I will keep planning. ${born}`, 'Yes, I will stop planning.'],
      grounder: actions,
      executor: reader,
    })
    expect([successOf(played), played.agent]).toEqual([1, 'lumos:iterative'])
    const told = seats.get('planner')!.requests.map(({ messages }) => textOf(messages.at(-1)!))
    expect(told.slice(1)).toEqual([
      'The executed result for Subgoal 1 is Lord Byron. Should we stop planning?',
      'The executed result for Subgoal 2 is London. Should we stop planning?',
    ])
    expect(textOf(seats.get('grounder')!.requests[1]!.messages.at(-1)!)).toBe(`Subgoal to be grounded: ${born}`)
  })

  it('tells what is wrong with an action, and goes on', async () => {
    const { played, seats } = await play(articles, lumos({ iterative: true }), {
      planner: ['', find!, find!, find!, find!, find!, 'Yes, I will stop planning.'].slice(1),
      grounder: [
        'I do not know.',
        'R1 = Guess(London)',
        'R1 = QA([R9], Question: x)',
        'R1 = Calculator(two)',
        'R1 = KnowledgeQuery()',
      ],
      executor: reader,
    })
    const told = seats.get('planner')!.requests.map(({ messages }) => textOf(messages.at(-1)!))
    expect(told[1]).toContain('Error: no action was written. The actions are:\nKnowledgeQuery(query)')
    expect(told[2]).toContain("Error: there is no action 'Guess'. The actions are:")
    expect(told[3]).toContain('Error: R9 has no result: there are R1')
    expect(told[4]).toContain("Error: 't' is no number in 'two'")
    expect(told[5]).toContain('Error: KnowledgeQuery cannot take that: query')
    expect(successOf(played)).toBe(0)
  })

  it('does better one by one where a result changes the plan', async () => {
    /** A sign says behind which door it is. */
    const doors: EnvSpec<string> = toolEnv<string, string>({
      id: 'doors@1',
      tasks: () => ['left', 'right'].map((id) => ({ id, data: id })),
      limits: { steps: 4 },
      instructions: 'Read the sign, and name the door.',
      ask: () => 'Which door?',
      tools: {
        sign: tool({ about: 'Read the sign.', input: z.object({}), run: (right: string) => ({ result: right }) }),
        peek: tool({
          about: 'Look behind a door.',
          input: z.object({ door: z.string() }),
          run: (_: string, { door }) => ({ result: door }),
        }),
      },
      start: (right) => right,
      words: 'end',
      success: ({ calls, talk }, right) => (talk.length > 0 && calls.at(-1)?.result === right ? 1 : 0),
      solve: (right) => [{ name: 'peek', arguments: { door: right } }, right],
    })
    const planner: Script = ({ messages }) => {
      const seen = textOf(messages.at(-1)!)
      if (!seen.startsWith('The executed result'))
        return `Subgoal 1: Read the sign.\nSubgoal 2: Look behind the left door.`
      return seen.includes('Subgoal 1 is')
        ? `No, I will keep planning. Subgoal 2: Look behind the ${seen.includes('left') ? 'left' : 'right'} door.`
        : 'Yes, I will stop planning.'
    }
    const grounder: Script = ({ messages }) =>
      textOf(messages.at(-1)!)
        .split('\n')
        .map((line, i) => (line.includes('sign') ? 'R1 = sign()' : `R${i + 2} = peek(${/left|right/.exec(line)})`))
        .join('\n')
    const wins = async (agent: Agent) => (await play(doors, agent, { planner, grounder })).all.map(successOf)
    expect(await wins(lumos())).toEqual([1, 0])
    expect(await wins(lumos({ iterative: true }))).toEqual([1, 1])
  })

  it('says its moves in a world that knows no tools, with the answer key in its seats or in words of its own', async () => {
    const mazes = maze({ layout: 'u' })
    const groups = await Array.fromAsync(
      rollout(mazes, lumos({ iterative: true }), mazes.tasks('test'), { model: oracle(mazes) }),
    )
    expect(groups.every(({ trajectories }) => successOf(trajectories[0]!) === 1)).toBe(true)
    const sums = arithmetic({ digits: 2 })
    const tasks = [...(sums.tasks('test') as Iterable<Task<never>>)].slice(0, 400)
    for (const agent of [lumos(), lumos({ iterative: true })]) {
      const answered = await Array.fromAsync(rollout(sums, agent, tasks, { model: noisyOracle(sums, 0.3) }))
      const right = answered.filter(({ trajectories }) => successOf(trajectories[0]!) === 1).length / tasks.length
      expect(Math.abs(right - 0.7)).toBeLessThan(3 * Math.sqrt((0.7 * 0.3) / tasks.length))
    }
    const [one] = tasks
    const sum = (sums as EnvSpec<{ question: string }>).tasks('test') as Iterable<Task<{ question: string }>>
    const formula = [...sum][0]!.data.question.replace(/What is |\?/g, '')
    const model = ({ role }: { role: string }) =>
      scriptedModel([role === 'planner' ? 'Subgoal 1: Calculate.' : `R1 = Calculator(${formula})`])
    const [group] = await Array.fromAsync(rollout(sums, lumos(), [one!], { model }))
    expect(successOf(group!.trajectories[0]!)).toBe(1)
  })
})
