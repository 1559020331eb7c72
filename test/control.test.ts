/** A run under way, spoken to and gone on with, through the command line. */
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { startOpenAiServer } from './openai-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-control-'))
let delayMs = 60
const server = await startOpenAiServer({
  shape: 'plain',
  reply: async () => {
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    return '2'
  },
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const main = join(import.meta.dirname, '../src/cli/main.ts')
const runs = join(folder, 'runs')
const name = 'run-ten-turns-1'
const ludus = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--runs', runs, '--json'])
  return JSON.parse(stdout)
}
const refused = (...args: string[]): Promise<{ code: number; stderr: string }> => ludus(...args).catch((error) => error)

it('a run can be paused, hurried, cancelled and resumed, by one process at a time', { timeout: 120_000 }, async () => {
  const world = join(import.meta.dirname, 'ten-turns.ts')
  const args = ['run', world, '-m', `openai:any@${server.baseUrl}`, '-n', '400', '-c', '4', '--runs', runs, '--json']
  const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
  const over = new Promise((resolve) => child.once('close', resolve))
  while (!existsSync(join(runs, name, 'journal')) || server.requests.length < 10)
    await new Promise((resolve) => setTimeout(resolve, 50))

  expect(await ludus('ctl', name, 'status')).toMatchObject({ state: 'running', total: 400, concurrency: 4 })
  expect((await refused('resume', name)).stderr).toContain('another process is working on the run')
  expect(await ludus('ctl', name, 'pause')).toMatchObject({ state: 'paused' })
  let status = await ludus('ctl', name, 'status')
  while (status.inFlight > 0) status = await ludus('ctl', name, 'status')
  const asked = server.requests.length
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(server.requests.length).toBe(asked)
  expect(await ludus('ctl', name, 'concurrency', '9')).toMatchObject({ state: 'paused', concurrency: 9 })
  expect((await refused('ctl', name, 'concurrency', 'many')).stderr).toContain("a whole number from 1, not 'many'")
  expect((await refused('ctl', name, 'dance')).stderr).toContain("a run cannot be told 'dance'")
  // Slow enough that who is cut off below is in the midst of an episode, with answers on record.
  delayMs = 1000
  expect(await ludus('ctl', name, 'resume')).toMatchObject({ state: 'running', concurrency: 9 })
  while (server.requests.length < asked + 12) await new Promise((resolve) => setTimeout(resolve, 50))
  await ludus('ctl', name, 'cancel')
  await over
  expect((await refused('ctl', name, 'status')).stderr).toContain('no process is working on the run')
  const shown = await ludus('show', name)
  expect(shown).toMatchObject({ state: 'cancelled', result: { outcomes: { scored: expect.any(Number) } } })

  const changed = await refused('resume', name, '--temperature', '0.5')
  expect([changed.code, changed.stderr]).toEqual([2, expect.stringContaining('temperature: was not given, is 0.5')])
  expect(changed.stderr).toContain('--accept')
  delayMs = 0
  const result = await ludus('resume', name, '-c', '64')
  expect(result.outcomes).toEqual({ scored: 400, unscored: 0, broken: 0, cancelled: 0, overBudget: 0 })
  expect(result.recalled).toBeGreaterThan(0)
  const seeds = server.requests.map(({ body }) => body['seed'])
  // What was in flight when the run was cancelled may have been answered to nobody.
  expect(seeds.length - new Set(seeds).size).toBeLessThanOrEqual(9)
  expect((await refused('resume', name.replace('1', '7'))).stderr).toContain('no run at')
})

it('a run that one process began is gone on with by several', { timeout: 120_000 }, async () => {
  delayMs = 60
  const args = [join(import.meta.dirname, 'ten-turns.ts'), '-m', `openai:any@${server.baseUrl}`, '-n', '40', '-c', '4']
  const { run, outcomes } = await ludus('run', ...args, '--run-timeout', '3')
  expect([outcomes.scored > 0, outcomes.scored < 40]).toEqual([true, true])
  delayMs = 0
  const shared = ['--executor', 'sqlite', '--workers', '2', '--listen', '127.0.0.1:0']
  const result = await ludus('resume', run, '--run-timeout', '100', ...shared)
  expect(result.outcomes).toEqual({ scored: 40, unscored: 0, broken: 0, cancelled: 0, overBudget: 0 })
})
