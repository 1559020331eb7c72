/**
 * A seed decides everything, in every world of the catalogue that needs no folder of its own: random episodes replayed
 * from seed and actions are the same byte for byte, and a fork and its parent do not see each other. A few episodes of
 * each here, `LUDUS_EPISODES=1000` of each in `npm run conformance`.
 */
import { afterAll, describe, expect, it } from 'vitest'
import {
  type AssistantMessage,
  assistant,
  type Env,
  type EnvSpec,
  type Host,
  random,
  type Task,
} from '../src/core/index.ts'
import { environments, openEnvironment } from '../src/environments/index.ts'
import { pythonPlaces } from './places.ts'

const EPISODES = Number(process.env['LUDUS_EPISODES'] ?? 4)
const STEPS = 30
const sandbox = await pythonPlaces()
const opened: Env[] = []

async function open(spec: EnvSpec, task: Task<unknown>, seed: number): Promise<Env> {
  const { signal } = new AbortController()
  const model = () => {
    throw new Error('no model plays a part here')
  }
  const host: Host = { seed, signal, model, sandbox: (needs) => sandbox(needs, signal) }
  const env = await spec.make(task as Task<never>, host)
  opened.push(env)
  return env
}

/** Mostly something well-formed, and now and then something that is not. */
function action(spec: EnvSpec, task: Task<unknown>, seed: number): AssistantMessage {
  const rng = random(seed)
  if (rng.int(8) === 0 || !spec.guess) return assistant(rng.pick(['', 'no such thing', '{"a":', 'x'.repeat(300)]))
  return spec.guess(task, rng)
}

/** What is seen and paid from here on, to the end or for so many steps. */
async function walk(env: Env, actions: readonly AssistantMessage[], from = 0): Promise<string[]> {
  const seen: string[] = []
  for (const action of actions.slice(from)) {
    const result = await env.step(action)
    seen.push(JSON.stringify({ ...result, state: env.data?.() ?? null }))
    if (result.end) break
  }
  return seen
}

async function first(spec: EnvSpec, count: number): Promise<Task<unknown>[]> {
  const tasks: Task<unknown>[] = []
  for await (const task of spec.tasks('train')) {
    if (tasks.push(task) === count) break
  }
  return tasks
}

const names = Object.entries(environments).filter(([, { data }]) => data === undefined)

describe('a seed decides everything', () => {
  afterAll(async () => {
    for (const env of opened) await env.close?.()
  })

  it.each(names)('in %s', async (name, { isolation }) => {
    const spec = openEnvironment(name)
    const episodes = isolation === 'none' ? EPISODES : Math.min(EPISODES, 2)
    const tasks = await first(spec, episodes)
    for (let episode = 0; episode < episodes; episode++) {
      const task = tasks[episode % tasks.length]!
      const steps = Math.min(spec.limits?.steps ?? STEPS, STEPS)
      const actions = Array.from({ length: steps }, (_, i) => action(spec, task, 1000 * episode + i))
      const [one, again] = [await open(spec, task, episode), await open(spec, task, episode)]
      expect(JSON.stringify(await again.reset())).toBe(JSON.stringify(await one.reset()))
      const half = Math.floor(steps / 2)
      const way = await walk(one, actions)
      expect(await walk(again, actions.slice(0, half))).toEqual(way.slice(0, half))
      if (way.length <= half) continue
      if (again.fork) {
        const fork = await again.fork()
        opened.push(fork)
        const other = Array.from({ length: 5 }, (_, i) => action(spec, task, 7000 + i))
        const astray = await walk(fork, other)
        const twin = await again.fork()
        opened.push(twin)
        expect(await walk(twin, actions, half)).toEqual(way.slice(half))
        expect(astray.length).toBeGreaterThan(0)
      }
      expect(await walk(again, actions, half)).toEqual(way.slice(half))
    }
  })
})
