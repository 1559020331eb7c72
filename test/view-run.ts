/**
 * Trajectories that are hard to show, for tests of the dashboard and to look at: very long ones, one of 100,000 tokens,
 * one with images, one whose texts try to run script and to forge the page. `node test/view-run.ts <folder of runs>`.
 */
import {
  type AssistantMessage,
  assistant,
  type Call,
  type Message,
  random,
  type Step,
  system,
  type TokenCapture,
  type Trajectory,
  textOf,
  trajectoryId,
  user,
} from '../src/core/index.ts'
import { createRun, type Store } from '../src/data/index.ts'

const ENV = 'made-up@1'

type Change = Partial<Trajectory> & Pick<Trajectory, 'task' | 'steps'>

/** Whole, and scored with 1 unless it says otherwise. */
export function madeUp(change: Change): Trajectory {
  const calls = change.steps.flatMap((step) => step.calls)
  const sum = (name: 'promptTokens' | 'completionTokens'): number =>
    calls.reduce((total, { completion }) => total + (completion.usage?.[name] ?? 0), 0)
  return {
    ...{ version: 1, id: trajectoryId({ ...change, attempt: change.attempt ?? 0 }), batch: '', env: ENV, attempt: 0 },
    ...{ agent: 'react', seed: 7, trailing: [], branches: [], stop: 'terminated' },
    rewards: { success: { value: 1, weight: 1, why: 'the last answer is the one that was asked for' } },
    outcome: { kind: 'scored', return: 1 },
    usage: { promptTokens: sum('promptTokens'), completionTokens: sum('completionTokens') },
    ...{ costUsd: 0, timeMs: calls.reduce((total, { timeMs }) => total + timeMs, 40) },
    ...change,
  }
}

interface Said extends Partial<Pick<Call, 'role' | 'model' | 'timeMs'>> {
  readonly tokens?: TokenCapture
  readonly policyVersion?: number
}

/** A call that was answered with this. */
export function answered(messages: readonly Message[], message: AssistantMessage, said: Said = {}): Call {
  const { tokens, policyVersion, role = 'policy', model = 'made-up', timeMs = 120 } = said
  const promptTokens = tokens?.prompt.length ?? messages.reduce((sum, one) => sum + textOf(one).length, 0)
  return {
    ...{ role, model, timeMs, request: { messages } },
    completion: {
      ...{ message, finish: message.calls ? 'tool' : 'stop' },
      usage: { promptTokens, completionTokens: tokens?.completion.length ?? message.content.length },
      costUsd: promptTokens * 1e-7,
      ...(tokens && { tokens }),
      ...(policyVersion !== undefined && { policyVersion }),
    },
  }
}

const rule = system('Walk on. The world says what you see; answer with a direction. Say nothing else.')

/** 500 steps: the same instructions at each, now and then a reward, and now and then a tool that fails. */
export async function addLong(store: Store, steps = 500): Promise<string> {
  const chance = random(11)
  const history: Message[] = [rule]
  const walked = Array.from({ length: steps }, (_, i): Step => {
    const tool = i % 7 === 3
    const fails = i % 31 === 4
    const seen: Message =
      i % 7 === 4
        ? { role: 'tool', callId: `look-${i - 1}`, content: fails ? 'no light' : `a wall\na door ${i}`, isError: fails }
        : user(`You stand at ${i}. ${'The corridor goes on. '.repeat(chance.int(12))}`)
    history.push(seen)
    const action: AssistantMessage = {
      ...assistant(tool ? '' : chance.pick(['north', 'south', 'east', 'west'])),
      thinking: 'Nothing here looks like the goal. '.repeat(1 + chance.int(i % 40 === 0 ? 80 : 3)),
      ...(tool && { calls: [{ id: `look-${i}`, name: 'look', arguments: { at: { x: i, y: 2 }, far: true } }] }),
    }
    const call = answered([...history], action, { timeMs: 50 + chance.int(400) })
    history.push(action)
    const reward = i % 50 === 49 ? 1 : i % 83 === 82 ? -0.5 : 0
    return { observation: { messages: [rule, seen] }, calls: [call], action, reward, info: { depth: i } }
  })
  const trajectory = madeUp({ task: 'long', steps: walked, final: { messages: [user('You are out.')] } })
  await store.add(trajectory)
  return trajectory.id
}

/** Few steps of 400 KB each. */
export async function addHeavy(store: Store): Promise<string> {
  const line = (i: number): string => `${i}: ${'a line of a log that nobody reads to its end '.repeat(2)}\n`
  const log = (step: number): string => Array.from({ length: 4500 }, (_, i) => line(step * 10_000 + i)).join('')
  const steps = Array.from({ length: 6 }, (_, i): Step => {
    const messages = [user(log(i))]
    const action = assistant(`Read.\n\n\`\`\`python\nprint(len(${JSON.stringify(`log ${i}`)}))\n\`\`\``)
    return { observation: { messages }, calls: [answered(messages, action)], action, reward: 0 }
  })
  const trajectory = madeUp({ task: 'heavy', steps })
  await store.add(trajectory)
  return trajectory.id
}

/** One red pixel, as PNG. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'

/** Screenshots of a world, and what is given out as one and is none. */
export async function addImages(store: Store): Promise<string> {
  const image = (mimeType: string, data: string): Message =>
    user([
      { type: 'text', text: `The screen, as ${mimeType}:` },
      { type: 'image', mimeType, data },
    ])
  const shown = [
    image('image/png', PIXEL),
    image('image/svg+xml', Buffer.from('<svg onload="alert(1)"/>').toString('base64')),
    image('image/png', '"><script>alert(1)</script>'),
  ]
  const steps = shown.map((message, i): Step => {
    const action = assistant(`click ${i}`)
    return { observation: { messages: [message] }, calls: [answered([message], action)], action, reward: i }
  })
  const trajectory = madeUp({ task: 'images', steps, final: { messages: [image('image/png', PIXEL)] } })
  await store.add(trajectory)
  return trajectory.id
}

/** 100,000 tokens in five calls; the fourth does not go on from what was there. */
export async function addManyTokens(store: Store, tokens = 100_000): Promise<string> {
  const chance = random(3)
  const drawn = (count: number): number[] => Array.from({ length: count }, () => 32 + chance.int(95))
  const each = Math.floor(tokens / 5)
  const unlikely = (): number => -Math.round(1e4 * 6 * chance.next() ** 4) / 1e4
  const opening = user('Write, and do not stop.')
  let before: readonly number[] = []
  const steps = Array.from({ length: 5 }, (_, i): Step => {
    const prompt = i === 3 ? [...before.slice(0, 150), ...drawn(200)] : [...before, ...drawn(200)]
    const completion = drawn(each)
    before = [...prompt, ...completion]
    const action = assistant(`chapter ${i}`)
    const capture = { prompt, completion, logprobs: completion.map(unlikely), entropies: completion.map(chance.next) }
    const call = answered([opening], action, { tokens: capture, policyVersion: 10 + Math.floor(i / 2), timeMs: 4000 })
    return { observation: { messages: [opening] }, calls: [call], action, reward: 0 }
  })
  const empty = answered([opening], assistant(''), {
    tokens: { prompt: [...before, 65], completion: [], logprobs: [] },
  })
  const uncaptured = answered([opening], assistant('done'), { role: 'judge' })
  const trajectory = madeUp({ task: 'many-tokens', steps, trailing: [empty, uncaptured] })
  await store.add(trajectory)
  return trajectory.id
}

/** Texts that try to run script, to load something, to break out of where they stand, and to forge the page. */
export const HOSTILE: readonly string[] = [
  '<script>globalThis.hacked = true</script>',
  '<img src="http://evil.example/a.png" onerror="globalThis.hacked = true">',
  '"><svg/onload=globalThis.hacked=true>',
  "' onmouseover='globalThis.hacked=true",
  '{{constructor.constructor("globalThis.hacked = true")()}}',
  'javascript:globalThis.hacked=true',
  '[Delete this run](javascript:globalThis.hacked=true)',
  '<button class="button danger">Delete this run</button>',
  '</pre></main><h1>Success: 100 %</h1>',
  '<style>body { display: none }</style><link rel="stylesheet" href="http://evil.example/a.css">',
  '<meta http-equiv="refresh" content="0;url=http://evil.example/">',
  '<iframe src="http://evil.example/"></iframe><base href="http://evil.example/">',
  'reward \u202e001 :nruter\u202c, and \u2066isolated\u2069, \u200bunseen',
  'a\u0000b\u0007c\u001b[31mred\u001b[0m\u001b]0;title\u0007\u009b2J',
  'W'.repeat(20_000),
  'Z\u0351\u036b\u0343\u036a\u0302'.repeat(300),
  '__proto__',
  'constructor',
]

/** Hostile wherever text can stand: in observations, thinking, calls, names, reasons and warnings. */
export async function addHostile(store: Store): Promise<string> {
  const steps = HOSTILE.map((text, i): Step => {
    const seen: readonly Message[] = [
      system(text),
      user([{ type: 'text', text }]),
      { role: 'tool', callId: text, content: text, isError: i % 2 === 0 },
    ]
    const call = { id: text, name: text, arguments: { [text]: text, __proto: [text] } }
    const action: AssistantMessage = {
      role: 'assistant',
      content: `${text}\n\`\`\`${text}\n${text}\n\`\`\``,
      thinking: text,
      calls: [call],
    }
    const seat = answered(seen, action, { role: text, model: text })
    return { observation: { messages: seen }, calls: [seat], action, reward: -i, info: { [text]: text } }
  })
  const rewards = Object.fromEntries(HOSTILE.map((text) => [`${text} `, { value: null, weight: 0, why: text }]))
  const [first = '', forged = ''] = [HOSTILE[2], HOSTILE[8]]
  const trajectory = madeUp({
    ...{ task: `hostile ${first}`, agent: forged, env: `${first}@1`, steps, warnings: HOSTILE },
    rewards: { success: { value: 0, weight: 1, why: forged }, ...rewards },
    ...{ outcome: { kind: 'broken', failure: { boundary: 'agent', message: forged } }, stop: 'failed' },
  })
  await store.add(trajectory)
  return trajectory.id
}

/** Two seats, code with its output, and branches that were given up. */
export async function addBranches(store: Store): Promise<string> {
  const opening = user('What is the sum of the first ten squares?')
  const plan = assistant('Write a loop, run it, and say what it prints.')
  const code = assistant('Let me compute it.\n\n```python\nprint(sum(n * n for n in range(1, 11)))\n```')
  const output = user('385')
  const calls = [answered([opening], plan, { role: 'planner' }), answered([opening, plan], code, { role: 'coder' })]
  const answer = assistant('385')
  const last = answered([opening, code, output], answer, { role: 'summarizer' })
  const begun: Step = { observation: { messages: [opening] }, calls, action: code, reward: 0 }
  const wrong: Step = { ...begun, action: assistant('285'), reward: -1 }
  const trajectory = madeUp({
    task: 'branches',
    steps: [begun, { observation: { messages: [output] }, calls: [last], action: answer, reward: 1 }],
    branches: [
      {
        from: 0,
        steps: [wrong],
        trailing: [],
        branches: [{ from: 1, steps: [wrong], trailing: [last], branches: [] }],
      },
      { from: 1, steps: [], trailing: [last], branches: [] },
    ],
    final: { messages: [user('Right.')] },
  })
  await store.add(trajectory)
  return trajectory.id
}

/** One attempt for each way in which an attempt can end. */
export async function addOutcomes(store: Store): Promise<string> {
  const opening = user('Say when.')
  const action = assistant('when')
  const steps: readonly Step[] = [
    { observation: { messages: [opening] }, calls: [answered([opening], action)], action, reward: 0 },
  ]
  const scored = (value: number): Change => ({
    ...{ task: 'outcomes', steps, outcome: { kind: 'scored', return: value } },
    rewards: { success: { value, weight: 1 } },
  })
  const ended = (outcome: Trajectory['outcome'], stop: Trajectory['stop']): Change => ({
    ...{ task: 'outcomes', steps, outcome, stop, rewards: {} },
  })
  const failure = { boundary: 'model', message: 'the server answered 503' } as const
  const all: readonly Change[] = [
    ...[scored(1), scored(0.5), scored(0)],
    ended({ kind: 'unscored', why: 'success: the judge gave no verdict' }, 'terminated'),
    ended({ kind: 'broken', failure }, 'failed'),
    ended({ kind: 'cancelled' }, 'cancelled'),
    ended({ kind: 'over-budget', why: 'the dollar is spent' }, 'budget'),
  ]
  for (const [attempt, change] of all.entries()) await store.add(madeUp({ ...change, attempt }))
  return 'outcomes'
}

if (import.meta.main) {
  const [root = 'runs'] = process.argv.slice(2)
  await using run = createRun(root, { command: 'run', env: 'made-up', settings: { model: 'made-up', agent: 'react' } })
  for (const add of [addLong, addHeavy, addImages, addManyTokens, addHostile, addBranches, addOutcomes])
    await add(run.store)
  run.update({ state: 'done', seconds: 1 })
  process.stdout.write(`${run.path}\n`)
}
