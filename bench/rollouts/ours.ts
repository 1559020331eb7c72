/** What Ludus takes for the workloads of model calls: its time, its processor, its memory. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { react } from '../../src/agents/index.ts'
import { type Model, rollout, type Trajectory } from '../../src/core/index.ts'
import { createRun, openJournal } from '../../src/data/index.ts'
import { openaiModel, withRetry } from '../../src/models/index.ts'
import { startMock } from './mock-process.ts'
import { conversation } from './world.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

export interface Load {
  /** Tool calls of an episode, before its last word. */
  readonly turns: number
  readonly rollouts: number
  readonly concurrency: number
  readonly latencyMs: number
}

export interface Figures {
  readonly rolloutsPerS: number
  readonly callsPerS: number
  /** Of the engine's process, all threads. */
  readonly cpuMsPerCall: number
  /** What a call took beyond the mock's latency. */
  readonly addedMs: { readonly p50: number; readonly p99: number }
}

/** Plays the workload with everything on: retries, the journal, the store. A tenth goes first, to warm up. */
export async function measure(load: Load): Promise<Figures> {
  await using mock = await startMock(load)
  await using bench = await open(mock.baseUrl, load.concurrency)
  await bench.play(load, Math.max(load.concurrency, Math.ceil(load.rollouts / 10)))
  const [cpu, started] = [process.cpuUsage(), performance.now()]
  const times = await bench.play(load, load.rollouts)
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const sorted = Float64Array.from(times).sort()
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]! - load.latencyMs
  return {
    rolloutsPerS: load.rollouts / seconds,
    callsPerS: times.length / seconds,
    cpuMsPerCall: (user + system) / 1000 / times.length,
    addedMs: { p50: at(0.5), p99: at(0.99) },
  }
}

/** Megabytes of heap and of buffers for each of so many rollouts that wait for their last answer. */
export async function memory(turns: number, concurrency: number): Promise<number> {
  await using mock = await startMock({ turns })
  await using bench = await open(mock.baseUrl, concurrency)
  const load = { turns, rollouts: 1, concurrency, latencyMs: 0 }
  await bench.play(load, 1)
  const before = held()
  const [all, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let waiting = 0
  const last = turns + 1
  const stopping: Model = {
    id: bench.model.id,
    async complete(request, options) {
      const completion = await bench.model.complete(request, options)
      const asked = request.messages.filter(({ role }) => role === 'assistant').length + 1
      if (asked < last) return completion
      if (++waiting === concurrency) all.resolve()
      await go.promise
      return completion
    },
  }
  const played = bench.play({ ...load, model: stopping }, concurrency)
  await all.promise
  const during = held()
  go.resolve()
  await played
  return (during - before) / concurrency / 2 ** 20
}

function held(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

interface Bench extends AsyncDisposable {
  readonly model: Model
  /** The time of each call, in milliseconds. Throws where an episode was no success. */
  play(load: Load & { readonly model?: Model }, rollouts: number): Promise<number[]>
}

async function open(baseUrl: string, connections: number): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'ludus-bench-'))
  const server = openaiModel({ model: 'mock', baseUrl, connections })
  const run = createRun(folder, { command: 'run', env: 'bench', settings: {} })
  const journal = await openJournal(join(run.path, 'journal'), () => false)
  const model = withRetry(server)
  let played = 0
  return {
    model,
    async play({ turns, concurrency, model: other = model }, rollouts) {
      const tasks = Array.from({ length: rollouts }, (_, i) => ({ id: `${played + i}`, data: played + i }))
      played += rollouts
      const times: number[] = []
      const onTrajectory = async (trajectory: Trajectory): Promise<void> => {
        const { outcome, steps } = trajectory
        if (outcome.kind !== 'scored' || outcome.return !== 1) throw new Error(`no success: ${JSON.stringify(outcome)}`)
        for (const { calls } of steps) for (const { timeMs } of calls) times.push(timeMs)
        await run.store.add(trajectory)
        journal.forget(trajectory.id)
      }
      const options = { model: other, concurrency, journal, onTrajectory }
      for await (const _ of rollout(conversation(turns), react(), tasks, options));
      return times
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await journal[Symbol.asyncDispose]()
      await run[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}
