import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createRun, MEASUREMENTS, type Measurement, measurementsIn } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'ludus-measurements-'))
afterAll(() => rmSync(root, { recursive: true }))

const sure = { mean: 0.5, low: 0.4, high: 0.6 }
const first: Measurement = {
  ...{ at: 1, seed: 0, arm: 'grpo, straße', round: 0, envSteps: 0, budget: 10, totalSteps: 20, trainedTokens: 0 },
  ...{ values: {}, held: { success: sure, return: { mean: null, low: null, high: null } } },
}
const second: Measurement = {
  ...{ at: 2, seed: 0, arm: 'grpo, straße', round: 1, envSteps: 5, budget: 10, totalSteps: 20, trainedTokens: 7 },
  values: { loss: 0.25, 'skipped unscored': 1 },
}

it('is read on as it grows, and a line under way is left for later', async () => {
  await using run = createRun(root, { command: 'train', env: 'e', settings: {} })
  expect(measurementsIn(run.path)).toEqual({ entries: [], end: 0 })
  run.append(MEASUREMENTS, JSON.stringify(first))
  const { entries, end } = measurementsIn(run.path)
  expect(entries).toEqual([first])
  const line = JSON.stringify(second)
  appendFileSync(join(run.path, MEASUREMENTS), line.slice(0, 30))
  expect(measurementsIn(run.path, end)).toEqual({ entries: [], end })
  appendFileSync(join(run.path, MEASUREMENTS), `${line.slice(30)}\n`)
  const rest = measurementsIn(run.path, end)
  expect(rest.entries).toEqual([second])
  expect(measurementsIn(run.path, rest.end)).toEqual({ entries: [], end: rest.end })
  expect(measurementsIn(run.path).entries).toEqual([first, second])
  expect(measurementsIn(run.path, 10 * rest.end)).toEqual({ entries: [], end: rest.end })
})

it('is checked at the door', async () => {
  await using run = createRun(root, { command: 'train', env: 'e', settings: {} })
  run.append(MEASUREMENTS, JSON.stringify({ ...second, values: { loss: 'none' } }))
  expect(() => measurementsIn(run.path)).toThrow(/damaged.*values\.loss/)
  run.write(MEASUREMENTS, 'what\n')
  expect(() => measurementsIn(run.path)).toThrow(/damaged.*no JSON/)
})
