import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Trajectory } from '../src/core/index.ts'
import { openRun } from '../src/data/index.ts'
import { type Chaos, startOpenAiServer } from './openai-server.ts'

const main = join(import.meta.dirname, '../src/cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'ludus-cli-'))
const runs = join(folder, 'runs')
afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(
  args: readonly string[],
  env: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env: { ...process.env, ...env } })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, out, err })))
  return { child, ended }
}
const ludus = (...args: string[]): Promise<Ended> => start(args).ended

/** The one line of JSON of a command that went well. */
async function json(...args: string[]) {
  const { code, out, err } = await ludus(...args, '--json')
  expect(code, err).toBe(0)
  expect(out.endsWith('\n') && out.trim().split('\n').length).toBe(1)
  return JSON.parse(out)
}

async function refuses(args: readonly string[], sentence: string, code = 2): Promise<void> {
  const ended = await ludus(...args)
  expect([ended.err.trim().split('\n').length, ended.code, ended.out], ended.err).toEqual([1, code, ''])
  expect(ended.err).toContain(sentence)
  expect(ended.err).not.toContain('    at ')
}

describe('ludus run', () => {
  it('plays the noisy oracle as well as its noise allows, and the oracle without fault', async () => {
    const noisy = await json('run', 'arithmetic:3', '--model', 'noisy-oracle:0.3', '-n', '500', '-k', '4')
    // The binomial interval of 2,000 answers that are right with probability 0.7.
    expect(Math.abs(noisy.success.mean - 0.7)).toBeLessThan(1.96 * Math.sqrt((0.7 * 0.3) / 2000))
    expect(noisy.success.low).toBeLessThan(0.7)
    expect(noisy.success.high).toBeGreaterThan(0.7)
    expect(Math.abs(noisy.passAt[4] - (1 - 0.3 ** 4))).toBeLessThan(0.015)
    expect(Math.abs(noisy.passHat[4] - 0.7 ** 4)).toBeLessThan(0.06)
    expect(noisy).toMatchObject({
      ...{ env: 'arithmetic:3@1', model: 'noisy-oracle:0.3', agent: 'react:0', tasks: 500, samples: 4, costUsd: 0 },
      outcomes: { scored: 2000, unscored: 0, broken: 0, cancelled: 0, overBudget: 0 },
    })
    expect((await json('run', 'arithmetic', '--model', 'oracle')).success.mean).toBe(1)
    expect((await json('run', 'maze:large,partial', '--model', 'oracle', '-n', '30')).success.mean).toBe(1)
  })

  it('says the same again with the same seed, and leaves a run that can be shown', async () => {
    const args = ['run', 'maze', '--model', 'random', '-n', '20', '-k', '2', '--seed', '7']
    const [first, again, other] = [
      await json(...args),
      await json(...args, '-c', '3'),
      await json(...args.with(-1, '8')),
    ]
    expect(again.return).toEqual(first.return)
    expect(other.return).not.toEqual(first.return)
    const shown = await json('show', first.run)
    expect(shown).toMatchObject({ command: 'run', state: 'done', trajectories: 40, batches: [{ scored: 40 }] })
    const text = await ludus('show', first.run)
    const one = `${/^one of them: ludus show (\S+)$/m.exec(text.out)?.[1]}`
    const transcript = await ludus('show', one)
    expect(transcript.out).toContain('You are in a maze.')
    expect(transcript.out).toMatch(/assistant\s+move \w+\s+step 0, reward -1/)
    const told = await json('show', one)
    expect(told.env).toBe('maze@1')
    const drawn = await json('show', one, '--pictures', join(folder, 'pictures'))
    expect(drawn.pictures).toHaveLength(told.steps.length + 1)
    expect(readFileSync(drawn.pictures.at(-1), 'utf8')).toMatch(/^<svg/)
  })

  it('prints a report for people on standard output, and progress elsewhere', async () => {
    const { code, out } = await ludus('run', 'maze', '--model', 'oracle', '-n', '5', '-k', '2', '--runs', runs)
    expect(code).toBe(0)
    expect(out).toMatch(/success +1\.000/)
    expect(out).toContain('pass^k')
    expect(out).toContain('10 scored')
  })

  it('plays a script', async () => {
    const script = join(folder, 'script.json')
    writeFileSync(script, JSON.stringify(['1', '2']))
    const { code, out } = await ludus('run', 'arithmetic', '--model', `scripted:${script}`, '-n', '3', '--json')
    expect(code).toBe(0)
    const result = JSON.parse(out)
    expect(result.outcomes).toMatchObject({ scored: 2, broken: 1 })
    expect(result.failures).toEqual([
      { boundary: 'model', message: expect.stringContaining('the script has 2 answers'), count: 1 },
    ])
  })
})

describe('ludus run against a server', () => {
  const play = async (chaos: (number: number) => Chaos, ...args: string[]) => {
    await using server = await startOpenAiServer({ chaos, reply: () => 'move up' })
    const result = await json('run', 'maze', '--model', `openai:any@${server.baseUrl}`, '-n', '4', ...args)
    await using run = openRun(result.run, runs)
    const trajectories = [...run.store.trajectories()]
    return { result, trajectories, requests: server.requests.length, body: server.requests[0]?.body }
  }
  const attempts = (trajectory: Trajectory): number[] =>
    trajectory.steps.flatMap(({ calls }) => calls.map(({ completion }) => completion.attempts ?? 0))

  it('asks for what the sampling flags say', async () => {
    const flags = ['--temperature', '0.5', '--top-k', '4', '--stop', '\nObservation:', '--stop', '你']
    const { body } = await play(() => 'ok', ...flags)
    expect(body).toMatchObject({ temperature: 0.5, top_k: 4, stop: ['\nObservation:', '你'] })
  })

  it('captures token ids and log-probabilities', async () => {
    const { result, trajectories } = await play(() => 'ok')
    expect(result.outcomes.scored).toBe(4)
    for (const { steps } of trajectories) {
      for (const { calls } of steps) {
        const { tokens, usage } = calls[0]!.completion
        expect(tokens?.completion).toEqual([...Buffer.from('move up'), 256])
        expect(tokens?.logprobs).toHaveLength(8)
        expect(tokens?.prompt).toHaveLength(usage!.promptTokens)
      }
    }
  })

  it('outlives rate limits, failing servers, silence, dropped connections and broken JSON', async () => {
    const faults: Chaos[] = [429, 500, 'drop', 'malformed', 'timeout']
    const { result, trajectories, requests } = await play(
      (number) => (number % 100 < 5 ? faults[number % 100]! : 'ok'),
      '--call-timeout',
      '1',
      '--tries',
      '8',
    )
    expect(result.outcomes).toMatchObject({ scored: 4, broken: 0 })
    const tried = trajectories.flatMap(attempts)
    expect(Math.max(...tried)).toBeGreaterThan(1)
    expect(tried.reduce((a, b) => a + b)).toBe(requests)
  }, 60_000)

  it('says what broke where nothing helps, and never scores it', async () => {
    await using server = await startOpenAiServer({
      chaos: (number) => (number > 20 ? 500 : 'ok'),
      reply: () => 'move up',
    })
    const args = ['run', 'maze', '--model', `openai:any@${server.baseUrl}`, '-n', '4', '--tries', '2', '--json']
    const { code, out } = await ludus(...args)
    expect(code).toBe(1)
    const result = JSON.parse(out)
    expect(result.outcomes).toMatchObject({ scored: 0, broken: 4 })
    expect(result.success).toEqual({ mean: null, low: null, high: null })
    expect(result.failures[0]).toMatchObject({
      boundary: 'model',
      message: expect.stringContaining('no answer after 2 attempts'),
    })
    const gone = await ludus(
      'run',
      'maze',
      '--model',
      'openai:any@http://127.0.0.1:9/v1',
      '-n',
      '1',
      '--tries',
      '1',
      '--json',
    )
    expect(JSON.parse(gone.out).failures[0].message).toContain('connection')
  })

  it('never writes the key down', async () => {
    await using server = await startOpenAiServer({ chaos: () => 500, reply: () => '' })
    const key = 'sk-very-secret'
    const args = ['run', 'maze', '--model', `openai:any@${server.baseUrl}`, '-n', '1', '--tries', '1', '--json']
    const { out, err } = await start(args, { LUDUS_API_KEY: key, OPENAI_API_KEY: 'sk-not-for-you' }).ended
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${key}`)
    const { run } = JSON.parse(out)
    const files = readdirSync(run).map((name) => readFileSync(join(run, name), 'latin1'))
    for (const text of [out, err, ...files]) expect(text).not.toContain('secret')
    await start(args, { OPENAI_API_KEY: 'sk-not-for-you' }).ended
    expect(server.requests.at(-1)?.headers.authorization).toBe(undefined)
  })

  it('ends what is under way at an interrupt, and keeps it', async () => {
    await using server = await startOpenAiServer({
      chaos: (number) => (number < 30 ? 'ok' : 'timeout'),
      reply: () => 'move up',
    })
    const { child, ended } = start([
      'run',
      'maze',
      '--model',
      `openai:any@${server.baseUrl}`,
      '-n',
      '8',
      '-c',
      '4',
      '--json',
    ])
    await expect.poll(() => server.requests.length, { timeout: 15_000 }).toBeGreaterThan(30)
    child.kill('SIGINT')
    const { code, out } = await ended
    expect(code).toBe(1)
    const result = JSON.parse(out)
    expect(result.outcomes.cancelled).toBe(4)
    await using run = openRun(result.run, runs)
    expect(run.manifest.state).toBe('cancelled')
    expect([...run.store.rows()]).toHaveLength(4)
  })
})

describe('ludus check and envs', () => {
  it('certify the worlds there are', async () => {
    for (const name of ['maze', 'arithmetic']) {
      const certificate = await json('check', name, '--tasks', '8')
      expect(certificate).toMatchObject({ env: expect.stringContaining(name), certified: true })
      expect(certificate.promises.length).toBeGreaterThan(10)
      for (const promise of certificate.promises)
        expect(promise).toMatchObject({
          name: expect.any(String),
          verdict: expect.any(String),
          figure: expect.any(String),
        })
    }
    expect((await ludus('check', 'maze:u', '--tasks', '8')).out).toContain('maze:u@1 is certified')
  })

  it('list the worlds, with their sizes', async () => {
    const worlds = await json('envs')
    expect(worlds).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'maze', train: 525, test: 125, isolation: 'none' }),
        expect.objectContaining({ name: 'humaneval', isolation: 'namespace', data: expect.any(String) }),
      ]),
    )
    expect((await ludus('envs', 'grid')).out).toContain('MiniGrid (Farama), Apache-2.0')
  })
})

describe('ludus train', () => {
  it('runs every arm on the same steps, and leaves checkpoints that play', async () => {
    const result = await json(
      'train',
      'arithmetic:1',
      '--imitation-steps',
      '4000',
      '--steps',
      '800',
      '--noise',
      '0.3',
      '--seeds',
      '2',
      '--width',
      '16',
      '--layers',
      '1',
    )
    expect(result.arms.map(({ name }: { name: string }) => name)).toEqual([
      'imitation',
      'imitation continued',
      'grpo',
      'grpo, rewards shuffled',
    ])
    for (const arm of result.arms) {
      expect(arm.steps).toBeGreaterThanOrEqual(1600)
      expect(arm.tokens).toBeGreaterThan(500)
      for (const measured of [arm, arm.greedy, arm.tempered]) expect(measured.success.mean).toBeGreaterThanOrEqual(0)
    }
    expect(result.comparisons).toContainEqual(
      expect.objectContaining({
        arm: 'grpo',
        baseline: 'imitation continued',
        metric: 'success',
        seeds: 2,
        verdict: 'too few seeds',
      }),
    )
    expect(result.comparisons.map(({ metric }: { metric: string }) => metric)).toContain('success, greedy')
    const svg = readFileSync(join(result.run, 'curve.svg'), 'utf8')
    expect(svg).toMatch(/^<svg [\s\S]*polyline[\s\S]*<\/svg>\s*$/)
    const checkpoint = join(result.run, 'checkpoints/seed-1/grpo')
    const played = await json(
      'run',
      'arithmetic:1',
      '--model',
      `engine:${checkpoint}`,
      '--max-tokens',
      '4',
      '--temperature',
      '0',
    )
    expect(played.outcomes.scored).toBe(played.tasks)
    expect(played.tokens).toBeGreaterThan(0)
    const shown = await ludus('show', result.run, '--rows', '1')
    expect(shown.out).toContain('seed-0/imitation')
  }, 90_000)
})

describe('used wrongly, ludus says so in a sentence', () => {
  it('for commands, flags and numbers', async () => {
    await refuses(
      ['fly'],
      "there is no command 'fly': there are start, envs, run, resume, ctl, work, train, check, show",
    )
    await refuses(['run', 'maze', '--model', 'random', '--fast'], "ludus run has no option '--fast'; it has --model")
    await refuses(['run', 'maze', '--model', 'random', '-n', 'many'], "--tasks takes a whole number from 1, not 'many'")
    await refuses(['run', 'maze', '--model', 'random', '--seed', 'x'], "--seed takes a number, not 'x'")
    await refuses(['run', 'maze', '--model', 'random', '--split', 'dev'], "--split is train or test, not 'dev'")
    await refuses(['run', 'maze'], 'ludus run needs --model')
    await refuses(['run'], 'ludus run needs <env>')
    await refuses(['check', 'maze', 'arithmetic'], "does not know what to do with 'arithmetic'")
    await refuses(['train', 'maze', '--width', '30'], '--width is a multiple of 8, not 30')
    await refuses(['train', 'maze', '--noise', '2'], 'a probability, not 2')
    await refuses(
      ['train', 'maze', '--algorithm', 'luck'],
      "--algorithm is one of sft, reinforce, grpo, grpo-process, ppo, rft, dpo, kto, not 'luck'",
    )
  })

  it('for environments, models and agents', async () => {
    await refuses(['run', 'go', '--model', 'random'], "there is no environment 'go': there are maze, arithmetic")
    await refuses(['check', 'maze:round'], "a maze cannot be 'round'")
    await refuses(['envs', 'sports'], "there is no area 'sports'")
    await refuses(['run', 'maze', '--model', 'gpt'], "there is no model 'gpt': there are engine:<checkpoint>")
    await refuses(['run', 'maze', '--model', 'openai:x'], 'openai:<model>@<base-url>')
    await refuses(
      ['run', 'maze', '--model', 'ai:nobody/x'],
      '@ai-sdk/nobody is not installed; run: npm install @ai-sdk/nobody',
    )
    await refuses(['run', 'maze', '--model', 'noisy-oracle:much'], 'a probability')
    await refuses(['run', 'maze', '--model', 'scripted:none.json'], "the script 'none.json' cannot be read")
    await refuses(['run', 'maze', '--model', 'random', '--agent', 'chef'], "there is no agent 'chef': there are react")
    expect(existsSync(runs)).toBe(true)
  })

  it('for checkpoints and runs that are none, or damaged', async () => {
    writeFileSync(join(folder, 'file'), '')
    await refuses(['run', 'maze', '--model', 'oracle', '--runs', 'file'], "runs cannot be kept in 'file': ", 1)
    await refuses(['run', 'maze', '--model', 'engine:nowhere'], "the checkpoint 'nowhere' has no renderer.json")
    await refuses(['show', 'nowhere'], "no run at 'nowhere'")
    const { run } = await json('run', 'maze', '--model', 'oracle', '-n', '2', '--runs', runs)
    await refuses(['show', `${run}/no/such`], "has no trajectory 'no/such'")
    writeFileSync(join(run, 'trajectories.sqlite'), 'not a database at all')
    await refuses(['show', run], 'it is no store of Ludus')
    writeFileSync(join(run, 'run.json'), '{')
    await refuses(['show', run], 'is damaged: it is not JSON')
  })

  it('and helps', async () => {
    const { code, out } = await ludus('help')
    expect([code, out]).toEqual([0, expect.stringContaining('ludus run <env>')])
    expect((await ludus('run', '--help')).out).toContain('-n, --tasks <count>')
    await refuses(['help', 'me'], "there is no command 'me'")
  })
})
