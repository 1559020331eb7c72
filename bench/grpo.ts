/**
 * Ten rounds of GRPO on low-rank adapters of real weights, on `arithmetic`: `node bench/grpo.ts <folder or file.gguf>`.
 * A few rounds of imitation come first, without which a chatty model never answers with a number alone. Says how long
 * a round takes and what was played; whether anything was learned is for `ludus train` to say.
 */
import { react } from '../src/agents/index.ts'
import type { Env } from '../src/core/index.ts'
import { ggufFiles, isGguf, LINEAR, openEngine } from '../src/engine/index.ts'
import { type ArithmeticTask, arithmetic } from '../src/environments/index.ts'
import { engineModel, noisyOracle, readRenderer, rendererFrom } from '../src/models/index.ts'
import { grpo, sft, type TrainOptions, train } from '../src/train/index.ts'

const ROUNDS = { imitation: 4, grpo: 10 }
const checkpoint = process.argv[2]
if (checkpoint === undefined) throw new Error('which checkpoint? node bench/grpo.ts <folder or file.gguf>')
const { renderer, size } = isGguf(checkpoint)
  ? rendererFrom(await ggufFiles(checkpoint), checkpoint)
  : await readRenderer(checkpoint)
const lora = { rank: 16, alpha: 32, targets: LINEAR }
await using engine = await openEngine(checkpoint, { lora, tokens: size })
const spec = arithmetic({ digits: 1 })
const [tasksPerRound, attempts] = [8, 8]
const say = (text: string): void => void process.stdout.write(`${text}\n`)
say(`${engine.id}: ${engine.parameters} weights to learn; ${tasksPerRound} tasks × ${attempts} a round`)

type Options = TrainOptions<ArithmeticTask, Env>
async function rounds(name: string, count: number, how: Pick<Options, 'learn' | 'lr' | 'rollout'>): Promise<void> {
  const tasks = await Array.fromAsync(spec.tasks('train'))
  const envSteps = count * tasksPerRound * attempts
  let before = performance.now()
  for await (const { round, batch, updates, skipped } of train({
    ...{ spec, engine, agent: react({ turns: 0 }), seed: 0, tasks, tasksPerRound, envSteps },
    ...how,
  })) {
    const seconds = (performance.now() - before) / 1000
    before = performance.now()
    if (round === 0) continue
    const still = skipped['no spread in the group'] ?? 0
    say(
      `${name} ${round}: ${seconds.toFixed(1)} s; played: success ${batch.success.mean?.toFixed(2)}, ${batch.tokens} tokens; ` +
        `${updates} updates${still > 0 ? `, ${still} attempts without spread` : ''}`,
    )
  }
}

await rounds('imitation', ROUNDS.imitation, {
  learn: sft({ renderer, minibatch: 16, epochs: 1 }),
  lr: () => 2e-4,
  rollout: { model: noisyOracle(spec, 0.5), attempts },
})
await rounds('grpo', ROUNDS.grpo, {
  learn: grpo(),
  lr: () => 1e-4,
  rollout: {
    ...{ model: engineModel(engine, renderer), attempts, concurrency: tasksPerRound * attempts },
    sampling: { temperature: 1, maxTokens: 16 },
  },
})
say(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`)
