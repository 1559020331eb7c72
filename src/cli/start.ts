/**
 * `npm start`: the whole of Ludus in three minutes. A transformer that knows nothing reads a maze in words, imitates
 * a poor guide, and then learns from its own attempts to do better than the guide ever did.
 */
import { createRun } from '../data/index.ts'
import { maze } from '../environments/index.ts'
import { imitateThenReinforce } from '../recipes/index.ts'
import { command, common, interruptible, print, recorded } from './command.ts'
import { conduct } from './experiment.ts'
import { live } from './live.ts'
import { duration, modes, table } from './table.ts'

const settings = {
  agent: 'react',
  noise: 0.6,
  imitationSteps: 150_000,
  armSteps: 400_000,
  width: 32,
  layers: 2,
  maxTokens: 4,
} as const

export const start = command({
  about: 'train a small transformer from nothing to walk through mazes, and say how well it does',
  positionals: [],
  flags: common,
  async run({ flags }) {
    const started = performance.now()
    using signal = interruptible()
    await using run = createRun(flags.runs, {
      command: 'start',
      env: 'maze',
      settings: { ...settings, seed: flags.seed },
    })
    const display = live()
    const recipe = imitateThenReinforce(['grpo'], ['grpo'])
    const work = conduct(maze(), { ...settings, seeds: [flags.seed] }, { recipe, run, signal, display })
    const { players, results, chart, cancelled } = await recorded(run, () => work).finally(display.end)
    const [imitation, grpo] = results[0] ?? []
    const seconds = (performance.now() - started) / 1000
    const result = { run: run.path, seconds, players, imitation, grpo }
    run.update({ state: cancelled ? 'cancelled' : 'done', seconds, result })
    if (!imitation || !grpo || cancelled) return 1
    const rows = table([
      ['held-out mazes [95 % interval]', 'success', 'mean return'],
      ...modes('random', { sampled: players.random }),
      ...modes(`the guide, wrong ${100 * settings.noise} % of the time`, { sampled: players.expert }),
      ...modes('imitation of the guide', imitation),
      ...modes('imitation, then GRPO', grpo),
      ...modes('optimum', { sampled: players.optimum }),
    ])
    const end = [
      `Done in ${duration(seconds)}. The run lies in ${run.path}`,
      'with its learning curves in curve.svg. Look at it, or play its policy:',
      `  bin/ludus.mjs show ${run.id}`,
      `  bin/ludus.mjs run maze --model engine:${grpo.checkpoint}`,
    ]
    print(result, [chart, '', rows, '', ...end].join('\n'), flags)
    return 0
  },
})
