/** HumanEval itself, which is not ours to ship: in the folder LUDUS_DATA, or in ../shared/data beside the clone. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { react } from '../src/agents/index.ts'
import { type EnvSpec, rollout, type Task } from '../src/core/index.ts'
import { openEnvironment } from '../src/environments/index.ts'
import { oracle } from '../src/models/index.ts'
import { pythonPlaces } from './places.ts'

const data = join(process.env['LUDUS_DATA'] ?? join(import.meta.dirname, '../../shared/data'), 'humaneval')
const there = existsSync(data)
if (!there) process.stderr.write(`conformance to HumanEval not checked: there is no ${data}\n`)

const folder = mkdtempSync(join(tmpdir(), 'ludus-humaneval-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(!there)('HumanEval', async () => {
  const sandbox = await pythonPlaces()

  /** The ids of what the answer key solves. */
  const solved = async (spec: EnvSpec): Promise<{ all: number; won: string[] }> => {
    const tasks = [...(spec.tasks('test') as Iterable<Task>)]
    const groups = await Array.fromAsync(
      rollout(spec, react(), tasks, { model: oracle(spec), sandbox, concurrency: 8 }),
    )
    const trajectories = groups.flatMap((group) => group.trajectories)
    expect(trajectories.filter(({ outcome }) => outcome.kind !== 'scored')).toEqual([])
    return {
      all: trajectories.length,
      won: trajectories.flatMap(({ task, rewards }) => (rewards['success']?.value === 1 ? [task] : [])).sort(),
    }
  }

  it('is solved by its canonical solutions, 164 of 164', { timeout: 300_000 }, async () => {
    const { all, won } = await solved(openEnvironment('humaneval', data))
    expect([all, won.length]).toEqual([164, 164])
  })

  it('with repair too, although some of its examples are wrong', { timeout: 300_000 }, async () => {
    expect((await solved(openEnvironment('humaneval:repair', data))).won.length).toBe(164)
  })

  it('is hardly solved where the last line of each solution is missing', { timeout: 300_000 }, async () => {
    const lines = gunzipSync(readFileSync(join(data, 'HumanEval.jsonl.gz')))
      .toString()
      .trim()
      .split('\n')
    const cut = lines.map((line) => {
      const task = JSON.parse(line)
      const solution: string = task.canonical_solution
      return JSON.stringify({
        ...task,
        canonical_solution: `${solution.trimEnd().split('\n').slice(0, -1).join('\n')}\n`,
      })
    })
    writeFileSync(join(folder, 'cut.jsonl'), cut.join('\n'))
    const { won } = await solved(openEnvironment('humaneval', folder))
    expect(won).toEqual([])
  })
})
