/** Budgets, limits, the cache and recordings, through the command line against a server that counts what it is asked. */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type OpenAiServer, type OpenAiServerOptions, startOpenAiServer } from './openai-server.ts'

const main = join(import.meta.dirname, '../src/cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'ludus-money-'))
afterAll(() => rmSync(folder, { recursive: true }))

function ludus(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd: folder }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err })
    })
  })
}

async function play(server: Pick<OpenAiServer, 'baseUrl'>, ...args: string[]) {
  const model = ['--model', `openai:m@${server.baseUrl}`, '--max-tokens', '20']
  const { code, out, err } = await ludus('run', 'maze', ...model, ...args, '--json')
  expect(code, err).toBeLessThan(2)
  return JSON.parse(out)
}

const start = (options: Partial<OpenAiServerOptions> = {}) => startOpenAiServer({ reply: () => 'move up', ...options })
/** What the server charged, as it counts: a token a byte. */
const charged = ({ requests }: OpenAiServer, [prompt, completion]: readonly [number, number]): number =>
  requests.reduce((sum, { body }) => {
    const bytes = body.messages.map(({ role, content }) => Buffer.byteLength(`${role}:${JSON.stringify(content)}\n`))
    return sum + (bytes.reduce((a, b) => a + b, 0) * prompt + 8 * completion) / 1e6
  }, 0)

const price = ['--price', 'm=10/100']
const each = [10, 100] as const

describe('a budget', () => {
  it('of a run is never passed; what it did not reach is over its budget, and never a 0', async () => {
    await using server = await start()
    const result = await play(
      server,
      '-n',
      '30',
      '-k',
      '2',
      '-c',
      '8',
      '--limit',
      'calls=5',
      ...price,
      '--budget-usd',
      '0.5',
    )
    expect(charged(server, each)).toBeLessThanOrEqual(0.5)
    const { scored, overBudget } = result.outcomes
    expect([scored + overBudget, overBudget > 0, scored > 0]).toEqual([60, true, true])
    const [run] = result.budgets
    expect(run).toMatchObject({ scope: 'run', capUsd: 0.5 })
    expect(run.spentUsd).toBeCloseTo(charged(server, each), 6)
    expect(result.costUsd).toBeCloseTo(run.spentUsd, 6)
  })

  it('of an episode, of a group and of a call stop just that', async () => {
    await using server = await start()
    const episode = await play(server, '-n', '4', ...price, '--budget-usd-episode', '0.05')
    expect(episode.outcomes.overBudget).toBe(4)
    expect(episode.costUsd).toBeGreaterThan(0.1)
    expect(episode.costUsd).toBeLessThanOrEqual(0.2)
    const group = await play(server, '-n', '4', '-k', '3', ...price, '--budget-usd-group', '0.05')
    expect(group.outcomes.overBudget).toBe(12)
    expect(group.costUsd).toBeLessThanOrEqual(0.2)
    const before = server.requests.length
    const call = await play(server, '-n', '4', ...price, '--budget-usd-call', '0.001')
    expect([call.outcomes.overBudget, call.costUsd, server.requests.length]).toEqual([4, 0, before])
  })

  it('of a day holds for all runs of the folder', async () => {
    await using server = await start()
    const day = ['-n', '10', ...price, '--budget-usd-day', '0.3', '--runs', 'day']
    const both = await Promise.all([play(server, ...day), play(server, ...day)])
    const after = await play(server, ...day)
    expect(charged(server, each)).toBeLessThanOrEqual(0.3)
    expect(charged(server, each)).toBeGreaterThan(0.25)
    expect(after.budgets[0]).toMatchObject({ scope: 'day', capUsd: 0.3 })
    expect(after.budgets[0].spentUsd).toBeCloseTo(both[0].costUsd + both[1].costUsd + after.costUsd, 6)
  })

  it('counts an answer that got lost after it was asked for, and outlives the run’s process', async () => {
    let asked = 0
    let stop = (): void => {}
    await using server = await start({
      chaos: (number) => (number % 5 === 3 ? 'drop' : 'ok'),
      async reply() {
        if (++asked === 40) {
          stop()
          await new Promise(() => {})
        }
        return 'move up'
      },
    })
    const args = [
      '--max-tokens',
      '20',
      '-n',
      '20',
      '-c',
      '8',
      ...price,
      '--budget-usd',
      '0.6',
      '--runs',
      'kill',
      '--json',
    ]
    const child = spawn(process.execPath, [main, 'run', 'maze', '--model', `openai:m@${server.baseUrl}`, ...args], {
      cwd: folder,
    })
    const killed = new Promise((resolve) => child.on('close', resolve))
    stop = () => child.kill('SIGKILL')
    await killed
    const { out, err } = await ludus('resume', 'run-maze-1', '--runs', 'kill', '--json')
    const { budgets, outcomes } = JSON.parse(out || err)
    expect(outcomes.overBudget).toBeGreaterThan(0)
    expect(charged(server, each)).toBeLessThanOrEqual(budgets[0].spentUsd)
    expect(budgets[0].spentUsd).toBeLessThanOrEqual(0.6)
  })

  it('of tokens stands in for a price that is not known', async () => {
    await using server = await start()
    const model = ['run', 'maze', '--model', `openai:m@${server.baseUrl}`, '--max-tokens', '20']
    const unknown = await ludus(...model, '--budget-usd', '1')
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('give it with --price')])
    const result = await play(server, '-n', '10', '--budget-tokens', '20000')
    expect(result.outcomes.overBudget).toBeGreaterThan(0)
    expect(result.tokens).toBeLessThanOrEqual(20_000)
    expect(result.budgets).toEqual([{ scope: 'run', spentUsd: 0, capTokens: 20_000, spentTokens: result.tokens }])
  })
})

it('a live run can be told of another budget, and how many to play at once', async () => {
  let free = (): void => {}
  const told = new Promise<void>((resolve) => {
    free = resolve
  })
  await using server = await start({
    async reply() {
      await told
      return 'move up'
    },
  })
  const args = ['-n', '4', '-c', '1', '--limit', 'calls=2', ...price, '--budget-usd', '0.02', '--runs', 'live']
  const playing = play(server, ...args)
  const tell = async (...order: string[]) =>
    JSON.parse((await ludus('ctl', 'run-maze-1', ...order, '--runs', 'live', '--json')).out || '{}')
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  expect((await tell('status')).budgets).toMatchObject([{ scope: 'run', capUsd: 0.02 }])
  expect((await tell('budget', '5')).budgets).toMatchObject([{ scope: 'run', capUsd: 5 }])
  expect(await tell('concurrency', '4')).toMatchObject({ concurrency: 4 })
  while (server.requests.length < 4) await new Promise((resolve) => setTimeout(resolve, 20))
  free()
  const result = await playing
  expect([result.outcomes.scored, result.budgets[0].capUsd]).toEqual([4, 5])
  expect(result.costUsd).toBeGreaterThan(0.02)
})

it('limits of an episode can be given', async () => {
  await using server = await start()
  const result = await play(server, '-n', '3', '--limit', 'calls=2', '--limit', 'steps=5')
  expect([server.requests.length, result.outcomes.scored]).toEqual([6, 3])
})

it('a provider that is down is left alone, and a failure says so', async () => {
  await using server = await start({ chaos: () => 500 })
  const result = await play(server, '-n', '40', '-c', '40', '--tries', '1')
  expect(result.outcomes.broken).toBe(40)
  const again = await play(server, '-n', '40', '-c', '2', '--tries', '1')
  expect(server.requests.length).toBeLessThanOrEqual(40 + 12)
  expect(again.failures[0].message).toMatch(/is not asked for now: it failed 1\d times in a row/)
})

it('requests a minute are kept', async () => {
  await using server = await start()
  const result = await play(server, '-n', '1', '--limit', 'calls=2', '--rpm', '60')
  expect(result.seconds).toBeGreaterThan(0.9)
})

it('what is in the cache is not asked again', async () => {
  await using server = await start()
  const args = ['-n', '4', '-k', '2', '--limit', 'calls=3']
  const cold = [...args, '--temperature', '0', '--cache', 'answers']
  const first = await play(server, ...cold, '-c', '1')
  const asked = server.requests.length
  expect(asked).toBeLessThanOrEqual(12)
  const again = await play(server, ...cold, ...price)
  expect(server.requests.length).toBe(asked)
  expect([again.return, again.costUsd]).toEqual([first.return, 0])
  await play(server, ...args, '--cache-sampled', 'answers')
  await play(server, ...args, '--cache-sampled', 'answers')
  expect(server.requests.length).toBe(asked + 24)
})

it('a run can be played again from its recording, and what it does not hold is not made up', async () => {
  await using server = await start({ reply: (_, number) => (number % 3 === 0 ? 'move left' : 'move down') })
  const args = ['-n', '5', '-k', '2', '--limit', 'calls=6', '--temperature', '0.7']
  const recorded = await play(server, ...args, ...price)
  const asked = server.requests.length
  const replay = (...more: string[]) =>
    ludus('run', 'maze', '--model', `replay:${recorded.run}`, '--max-tokens', '20', ...args, ...more, '--json')
  const again = JSON.parse((await replay()).out)
  expect([again.return, again.tokens, again.costUsd]).toEqual([recorded.return, recorded.tokens, 0])
  const other = JSON.parse((await replay('-k', '3')).out)
  expect(other.outcomes).toMatchObject({ scored: 10, broken: 5 })
  expect(other.failures[0].message).toMatch(/'policy' in attempt 2 at task '.*' was not recorded/)
  expect(server.requests.length).toBe(asked)
})
