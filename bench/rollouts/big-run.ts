/** Makes a run folder of this many bytes: `node bench/rollouts/big-run.ts <folder> [bytes]`, 1 GB unless given. Prints its path. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { react } from '../../src/agents/index.ts'
import { assistant, type Model, random, rollout, type Trajectory } from '../../src/core/index.ts'
import { createRun } from '../../src/data/index.ts'
import { conversation } from './world.ts'

const [root = 'runs', bytes = '1e9'] = process.argv.slice(2)
const rng = random(1)
/** What no compression makes much smaller. */
const noise = (length: number): string =>
  Buffer.from(Uint32Array.from({ length: Math.ceil(length / 4) }, () => rng.int(2 ** 32)).buffer).toString('base64')

const model: Model = {
  id: 'noise',
  complete: async () => ({
    message: assistant(''),
    finish: 'stop',
    usage: { promptTokens: 100, completionTokens: 20 },
  }),
}
const [group] = await Array.fromAsync(rollout(conversation(0), react(), [{ id: '0', data: 0 }], { model }))
const sample = group!.trajectories[0]!
/** Tens of kilobytes on average, some of them hundreds, as episodes are. */
const drawn = (number: number): Trajectory => {
  const batch = `grpo/${Math.floor(number / 100)}`
  const action = assistant(noise(number % 50 === 0 ? 400_000 : 12_000))
  const rewards = { success: { value: rng.int(2), weight: 1 } }
  const steps = sample.steps.map((step) => ({ ...step, action }))
  const outcome = { kind: 'scored', return: rewards.success.value } as const
  return { ...sample, id: `${batch}/${number}`, batch, task: `${number}`, steps, rewards, outcome }
}

await using run = createRun(root, { command: 'run', env: 'bench', settings: {} })
const size = (): number => statSync(join(run.path, 'trajectories.sqlite')).size
let number = 0
while (size() < Number(bytes)) await Promise.all(Array.from({ length: 50 }, () => run.store.add(drawn(number++))))
run.update({ state: 'done', seconds: 1 })
process.stdout.write(`${run.path}\n`)
