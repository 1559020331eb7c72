/** W3: what a step costs where no model is asked, in the world alone and through the loop with everything recorded. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Agent, assistant, random, rollout, type Task } from '../../src/core/index.ts'
import { createRun } from '../../src/data/index.ts'
import { type MazeTask, maze } from '../../src/environments/index.ts'

const spec = maze({ layout: 'large' })
const MOVES = ['move up', 'move down', 'move left', 'move right'].map((text) => assistant(text))
const rng = random(1)

const wanderer: Agent = {
  id: 'wanderer',
  async play(episode) {
    while (!episode.done) await episode.step(rng.pick(MOVES))
  },
}

export interface StepFigures {
  /** The world's own. */
  readonly stepsPerS: number
  /** In episodes that are recorded and stored. */
  readonly recordedPerS: number
  readonly cpuMsPerEpisode: number
}

export async function measureSteps(episodes: number): Promise<StepFigures> {
  const tasks: Task<MazeTask>[] = []
  for (const task of spec.tasks('train') as Iterable<Task<MazeTask>>) if (tasks.push(task) === episodes) break
  const stepsPerS = await bare(tasks[0]!, 300_000)
  const folder = mkdtempSync(join(tmpdir(), 'ludus-bench-'))
  try {
    await using run = createRun(folder, { command: 'run', env: 'bench', settings: {} })
    const [cpu, started] = [process.cpuUsage(), performance.now()]
    let steps = 0
    const onTrajectory = (trajectory: Parameters<typeof run.store.add>[0]): Promise<void> => {
      steps += trajectory.steps.length
      return run.store.add(trajectory)
    }
    const model = { id: 'none', complete: () => Promise.reject(new Error('nobody is asked')) }
    for await (const _ of rollout(spec, wanderer, tasks, { model, onTrajectory, concurrency: 64 }));
    const { user, system } = process.cpuUsage(cpu)
    const seconds = (performance.now() - started) / 1000
    return { stepsPerS, recordedPerS: steps / seconds, cpuMsPerEpisode: (user + system) / 1000 / tasks.length }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function bare(task: Task<MazeTask>, steps: number): Promise<number> {
  const { signal } = new AbortController()
  const no = (): never => {
    throw new Error('the maze asks for nothing')
  }
  const env = await spec.make(task, { seed: 1, signal, sandbox: no, model: no })
  await env.reset()
  const started = performance.now()
  for (let i = 0; i < steps; i++) await env.step(MOVES[i % 4]!)
  return (steps * 1000) / (performance.now() - started)
}
