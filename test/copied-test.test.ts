/** What the dashboard copies as a test runs as it is: it passes on the world that was played, and fails on another. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { react } from '../src/agents/index.ts'
import { rollout, type Trajectory } from '../src/core/index.ts'
import { openEnvironment } from '../src/environments/index.ts'
import { noisyOracle } from '../src/models/index.ts'
import { asTest } from '../web/src/pages/trajectory/as-test.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'ludus-copied-'))
const vitest = join(root, 'node_modules/vitest/vitest.mjs')

/** The package's doors, as they are in its sources. */
const CONFIG = `export default {
  resolve: {
    alias: [
      { find: /^ludus$/, replacement: ${JSON.stringify(join(root, 'src/core/index.ts'))} },
      { find: /^ludus\\/(.*)$/, replacement: ${JSON.stringify(join(root, 'src'))} + '/$1/index.ts' },
    ],
  },
}`

async function played(name: string): Promise<Trajectory> {
  const spec = openEnvironment(name)
  const tasks = []
  for await (const task of spec.tasks('test')) if (tasks.push(task) === 1) break
  const model = noisyOracle(spec, 0.3)
  const [group] = await Array.fromAsync(rollout(spec, react({ turns: 0 }), tasks, { model, seed: 5 }))
  return group!.trajectories[0]!
}

beforeAll(() => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'vitest.config.ts'), CONFIG)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
})
afterAll(() => rmSync(folder, { recursive: true }))

it('runs, and notices another return and another sight', async () => {
  const maze = await played('maze')
  const shop = await played('shop')
  const { outcome, steps } = maze
  expect(outcome.kind).toBe('scored')
  const paid = { ...maze, outcome: { kind: 'scored', return: 7 } as const }
  const seen = { ...maze, steps: steps.map((step) => ({ ...step, observation: { messages: [] } })) }
  const copies = { maze: [maze, 'maze'], shop: [shop, 'shop'], paid: [paid, 'maze'], seen: [seen, 'maze'] } as const
  for (const [name, [trajectory, world]] of Object.entries(copies))
    writeFileSync(join(folder, `${name}.test.ts`), asTest(trajectory, { run: 'a-run', name: world }))
  const report = join(folder, 'report.json')
  spawnSync(process.execPath, [vitest, 'run', '--root', folder, '--reporter', 'json', '--outputFile', report])
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { name: string; assertionResults: { status: string; failureMessages: string[] }[] }[]
  }
  const told = Object.fromEntries(
    testResults.map(({ name, assertionResults }) => [
      name.replace(/^.*\//, ''),
      assertionResults.map(({ status, failureMessages }) => [
        status,
        ...failureMessages.map((text) => text.split('\n')[0]),
      ]),
    ]),
  )
  expect(told).toEqual({
    'maze.test.ts': [['passed']],
    'shop.test.ts': [['passed']],
    'paid.test.ts': [['failed', expect.stringContaining('to deeply equal')]],
    'seen.test.ts': [['failed', expect.stringContaining('what is seen after 0 steps')]],
  })
}, 120_000)

it('keeps a key that means something else in a literal', () => {
  const given = '{"id":"x","steps":[],"rewards":{},"outcome":{"kind":"cancelled"},"a":{"__proto__":1}}'
  const text = asTest(JSON.parse(given), { run: 'r', name: 'maze' })
  expect(text).toContain('["__proto__"]: 1')
  expect(text).not.toContain('judge({')
})
