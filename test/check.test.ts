/** `ludus check` leaves a run: the certificate, and the trajectories that show why a promise is broken. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { type Certificate, type Pledge, returnOf, successOf } from '../src/core/index.ts'
import { openRun } from '../src/data/index.ts'

const main = join(import.meta.dirname, '../src/cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'ludus-check-'))
afterAll(() => rmSync(folder, { recursive: true }))
const ludus = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' })

/** A file whose world is counting, changed: `change` has its parts in scope. */
function world(name: string, change: string): string {
  const from = pathToFileURL(join(import.meta.dirname, 'worlds.ts'))
  writeFileSync(
    join(folder, `${name}.ts`),
    `import { counting, countEnv } from '${from}'\nexport default counting(${change})\n`,
  )
  return `./${name}.ts`
}

function checked(...args: string[]): Certificate & { readonly run: string; readonly seconds: number } {
  const { stdout, stderr } = ludus('check', ...args, '--json')
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout)
}

const pledge = ({ promises }: Certificate, name: string): Pledge => promises.find((one) => one.name.includes(name))!

it('keeps the attacks that got through, and the key where it did not win', { timeout: 60_000 }, async () => {
  const lenient = `{
    rubric: { success: { weight: 10, score: ({ task, steps }) => (task.data.target !== 3 || steps.length > 3 ? 1 : 0) } },
  }`
  const certificate = checked(world('lenient', lenient), '--tasks', '12')
  expect(certificate).toMatchObject({ env: 'counting@1', certified: false, seconds: expect.any(Number) })
  await using run = openRun(certificate.run, folder)
  expect(run.manifest).toMatchObject({ command: 'check', world: 'counting@1', state: 'done', result: certificate })

  const silence = pledge(certificate, 'silence')
  expect(silence).toMatchObject({ verdict: 'broken', evidence: expect.any(Array) })
  expect(silence.evidence).toHaveLength(8)
  const through = silence.evidence!.map((id) => run.store.get(id)!)
  expect(through.map(successOf)).toEqual(Array.from({ length: 8 }, () => 1))
  expect(through.every(({ agent, steps }) => agent === "''" && steps.length === 20)).toBe(true)
  expect(through.map(({ attempt }) => attempt)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(silence.evidence![0]).toBe('silence-earns-nothing/to-2/0')

  const key = pledge(certificate, 'answer key')
  expect(key.evidence).toEqual(['the-answer-key-earns-full-marks/to-3/0'])
  expect(run.store.get(key.evidence![0]!)).toMatchObject({
    task: 'to-3',
    agent: 'key',
    rewards: { success: { value: 0 } },
  })

  const named = certificate.promises.flatMap(({ evidence = [] }) => evidence)
  expect([...run.store.ids()].sort()).toEqual([...named].sort())
  expect(new Set(named).size).toBe(named.length)
  expect(certificate.promises.filter(({ verdict }) => verdict !== 'broken').some((one) => one.evidence)).toBe(false)

  const shown = ludus('show', join(certificate.run, key.evidence![0]!))
  expect(shown.stdout, shown.stderr).toContain('the-answer-key-earns-full-marks/to-3/0: counting@1, key')
})

it('keeps the episode that broke, and both that should be alike', { timeout: 60_000 }, async () => {
  const fragile = `{
    make: ({ data }) => {
      const env = countEnv(data.target)
      const { step } = env
      return Object.assign(env, {
        reset: () => ({ messages: [{ role: 'user', content: \`world \${Math.random()}\` }] }),
        step(action) {
          if (action.content === '__proto__') throw new Error('undefined is not a function')
          return step(action)
        },
      })
    },
  }`
  const certificate = checked(world('fragile', fragile))
  await using run = openRun(certificate.run, folder)
  const [broke] = pledge(certificate, 'nonsense').evidence!
  expect(run.store.get(broke!)?.outcome).toMatchObject({
    kind: 'broken',
    failure: { boundary: 'env', message: 'undefined is not a function' },
  })
  const [one, other] = pledge(certificate, 'the same seed').evidence!.map((id) => run.store.get(id)!)
  expect([one!.task, one!.seed]).toEqual([other!.task, other!.seed])
  expect(one!.steps[0]!.observation).not.toEqual(other!.steps[0]!.observation)
})

it('keeps what was paid more than it is worth', { timeout: 60_000 }, async () => {
  const slow = `{
    rubric: { success: { weight: 10, score: ({ env, task }) => (env.count === task.data.target ? 1 : 0) },
      patience: { weight: 5, score: ({ steps }) => steps.length } },
  }`
  const certificate = checked(world('slow', slow))
  await using run = openRun(certificate.run, folder)
  const { figure, evidence } = pledge(certificate, 'chance')
  const due = Number(/key (\S+)/.exec(figure)?.[1])
  const paid = evidence!.map((id) => returnOf(run.store.get(id)!)!)
  expect(paid[0]).toBeGreaterThan(due)
})

it('ends by saying where the run lies, and of a sound world keeps no trajectory', { timeout: 60_000 }, async () => {
  const { status, stdout } = ludus('check', world('sound', '{}'))
  expect([status, stdout]).toEqual([
    0,
    expect.stringMatching(/counting@1 is certified\nthe run lies in .*check-sound-1\n$/),
  ])
  await using run = openRun('check-sound-1', join(folder, 'runs'))
  expect([...run.store.ids()]).toEqual([])
  expect(ludus('check', './lenient.ts').stdout.trim()).toMatch(/see why with: ludus show .*check-lenient-2\/\S+\/0$/)
})

it('says of a check that was interrupted that it was cancelled, and keeps what it found', {
  timeout: 60_000,
}, async () => {
  const stuck = world(
    'stuck',
    '{ limits: { timeMs: 60_000 }, make: () => countEnv(3, 0, { step: () => new Promise(() => {}) }) }',
  )
  const child = spawn(process.execPath, [main, 'check', stuck], { cwd: folder, stdio: 'ignore' })
  const first = {
    env: 'counting@1',
    promises: [{ name: expect.stringContaining('tasks have names'), verdict: 'kept' }],
  }
  await expect
    .poll(() => recordOf('check-stuck-1'), { timeout: 20_000 })
    .toMatchObject({ state: 'running', result: first })
  child.kill('SIGINT')
  await once(child, 'close')
  const record = recordOf('check-stuck-1')
  expect(record).toMatchObject({ state: 'cancelled', result: first })
  expect(record?.result).not.toHaveProperty('certified')
})

function recordOf(name: string): { readonly state: string; readonly result?: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'runs', name, 'run.json'), 'utf8'))
  } catch {
    return undefined
  }
}
