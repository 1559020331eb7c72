/** Whatever a line to a model does: every episode ends, none is scored for a fault, and what broke has a name. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, it } from 'vitest'
import { type ModelErrorCode, returnOf, rollout, type Trajectory } from '../src/core/index.ts'
import { faultyServer, openaiModel, SERVER_FAULTS, type ServerFault, withRetry } from '../src/models/index.ts'
import { type ChatBody, startOpenAiServer } from './openai-server.ts'
import { asking, counting, word } from './worlds.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-faults-'))
afterAll(() => rmSync(folder, { recursive: true }))

const TARGET = 3
/** What a call dies of that meets the fault twice. */
const DEATHS: Readonly<Record<ServerFault, ModelErrorCode>> = {
  ...{ drop: 'timeout', reset: 'connection', delay: 'timeout', drip: 'timeout', truncate: 'malformed' },
  ...{
    close: 'connection',
    duplicate: 'malformed',
    corrupt: 'malformed',
    429: 'rate-limit',
    500: 'server',
    529: 'server',
  },
}
const mixed = Object.fromEntries(SERVER_FAULTS.map((fault) => [fault, 0.2 / SERVER_FAULTS.length]))

/** The right answer of the counting world, and of sums. */
function reply({ messages }: ChatBody): string {
  const asked = `${messages.at(-1)?.content}`
  const [, a, sign, b] = /What is (\d+) ([+-]) (\d+)/.exec(asked) ?? []
  if (sign) return `${sign === '+' ? Number(a) + Number(b) : Number(a) - Number(b)}`
  return word(Number(/count (\d+)/.exec(asked)?.[1]))
}

/** Plays through a line with these faults; each trajectory is handed on as it ends, and not kept. */
async function play(
  rates: Partial<Record<ServerFault, number>>,
  episodes: number,
  seen: (trajectory: Trajectory) => void,
): Promise<void> {
  const server = await startOpenAiServer({ reply, shape: 'plain', keep: false })
  await using line = await faultyServer({ baseUrl: server.baseUrl, rates, delayMs: 2000 })
  await using asked = openaiModel({ model: 'm', baseUrl: line.baseUrl, timeoutMs: 1000 })
  const model = withRetry(asked, { attempts: 2, maxMs: 5 })
  const tasks = Array.from({ length: episodes }, (_, i) => ({ id: `${i}`, data: { target: TARGET } }))
  for await (const { trajectories } of rollout(counting(), asking, tasks, { model, concurrency: 64 }))
    trajectories.forEach(seen)
  await server.close()
}

describe('a line that fails one request in five', () => {
  it.each(SERVER_FAULTS)('%s', async (fault) => {
    const ended: Trajectory[] = []
    await play({ [fault]: 0.2 }, 80, (trajectory) => ended.push(trajectory))
    expect(ended).toHaveLength(80)
    const paid = ended.flatMap((trajectory) => returnOf(trajectory) ?? [])
    expect(new Set(paid)).toEqual(new Set([10 - TARGET]))
    const broken = ended.flatMap(({ outcome }) => (outcome.kind === 'broken' ? [outcome.failure] : []))
    expect(paid.length + broken.length).toBe(80)
    expect(new Set(broken.map(({ boundary }) => boundary))).toEqual(new Set(['model']))
    // On a machine that is busy enough, anything may also be late.
    expect(new Set([...broken.map(({ code }) => code), 'timeout'])).toEqual(new Set([DEATHS[fault], 'timeout']))
  })

  it('is what the numbers of the run name', async () => {
    await using server = await startOpenAiServer({ reply, shape: 'plain' })
    const rates = { reset: 0.15, 500: 0.15, truncate: 0.15 }
    await using line = await faultyServer({ baseUrl: server.baseUrl, rates, seed: 5 })
    const args = ['run', 'arithmetic:2', '--model', `openai:m@${line.baseUrl}`, '--tries', '2', '--tasks', '100']
    const main = join(import.meta.dirname, '../src/cli/main.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--json'], { cwd: folder })
    const { outcomes, success, failures } = JSON.parse(stdout)
    expect(success.mean).toBe(1)
    expect(outcomes.scored + outcomes.broken).toBe(100)
    expect(outcomes.broken).toBeGreaterThan(5)
    const named = failures as { boundary: string; message: string; count: number }[]
    expect(named.reduce((sum, { count }) => sum + count, 0)).toBe(outcomes.broken)
    for (const death of ['the connection to', 'answered 500', 'something that is no JSON'])
      expect(named.find(({ boundary, message }) => boundary === 'model' && message.includes(death))).toBeDefined()
  })

  const soakS = Number(process.env['LUDUS_SOAK_S'] ?? 4)
  it('leaves no memory behind', { timeout: 30_000 + 2000 * soakS }, async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const held: number[] = []
    const until = performance.now() + 1000 * soakS
    let [scored, lost] = [0, 0]
    do {
      await play(mixed, 200, (trajectory) => {
        if (returnOf(trajectory) === null) lost++
        else if (returnOf(trajectory) === 10 - TARGET) scored++
        else throw new Error(`scored ${returnOf(trajectory)}`)
      })
      collect()
      const { heapUsed, external } = process.memoryUsage()
      held.push((heapUsed + external) / 2 ** 20)
    } while (performance.now() < until || held.length < 3)
    const [first = 0, last = 0] = [Math.max(...held.slice(0, 2)), held.at(-1)]
    process.stderr.write(`${scored} scored, ${lost} broken; ${first.toFixed(1)} MB, then ${last.toFixed(1)} MB\n`)
    expect(scored).toBeGreaterThan(lost)
    expect(last - first).toBeLessThan(8)
  })
})
