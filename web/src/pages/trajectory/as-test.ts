/** A trajectory as a vitest test on the published package: its actions once more, and the same shown and paid. */
import type { Observation, Reward, Step } from '../../../../src/serve/view/wire.ts'

/** What the test needs of a trajectory; the calls stay behind. */
export interface Replayable {
  readonly id: string
  readonly steps: readonly Step[]
  readonly final?: Observation
  readonly rewards: Readonly<Record<string, Reward>>
  readonly outcome: { readonly kind: string }
}

interface World {
  /** The run it was played in, the world's name for openEnvironment, and the folder that it reads, if any. */
  readonly run: string
  readonly name: string
  readonly data?: string
}

export function asTest(trajectory: Replayable, { run, name, data }: World): string {
  const open = [name, ...(data === undefined ? [] : [data])].map((text) => JSON.stringify(text)).join(', ')
  const bare = {
    ...trajectory,
    steps: trajectory.steps.map((step) => ({ ...step, calls: [] })),
    ...{ trailing: [], branches: [] },
  }
  const pays = trajectory.outcome.kind === 'scored'
  return `${importsOf(pays).join('\n')}

const spec = openEnvironment(${open})
const id = ${JSON.stringify(`${run}/${trajectory.id}`)}
const trajectory: Trajectory = ${literal(bare)}

async function taskOf(id: string): Promise<Task> {
  for (const split of ['train', 'test'] as const)
    for await (const task of spec.tasks(split)) if (task.id === id) return task
  throw new Error(\`\${spec.id} has no task '\${id}'\`)
}

it(\`shows${pays ? ' and pays' : ''} the same again: \${id}\`, async () => {
  await using sandboxes = openSandboxes('auto')
  const { signal } = new AbortController()
  const task = await taskOf(trajectory.task)
${pays ? '  const steps: Step[] = []\n' : ''}  const sandbox: typeof sandboxes.open = (needs, until) => sandboxes.open(needs, until)
  for await (const scene of replay(spec, task, trajectory, { signal, sandbox })) {
    const { step, observation } = scene
    const { messages } = trajectory.steps[step]?.observation ?? trajectory.final ?? observation
    expect(observation.messages, \`what is seen after \${step} steps\`).toEqual(messages)
${pays ? PAYS : ''}  }
})
`
}

const importsOf = (pays: boolean): string[] => [
  `import { ${pays ? 'judge, outcomeOf, replay, type Step' : 'replay'}, type Task, type Trajectory } from 'ludus'`,
  "import { openEnvironment } from 'ludus/environments'",
  "import { openSandboxes } from 'ludus/sandboxes'",
  "import { expect, it } from 'vitest'",
]

const PAYS = `    const before = trajectory.steps[step - 1]
    if (before) steps.push({ ...before, reward: scene.reward })
    if (step < trajectory.steps.length) continue
    const judged = { task, env: scene.env, steps, last: before?.action, signal }
    const rewards = await judge(spec.rubric, { ...judged, sandbox: (needs) => sandbox(needs, signal) })
    expect(outcomeOf(steps, rewards)).toEqual(trajectory.outcome)
`

/** JSON, but for the one name that means something else in a literal. */
const literal = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(/(?<!\\)"__proto__":/g, '["__proto__"]:')
