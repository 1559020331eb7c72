/**
 * What Ludus takes to play, on this machine: `node bench/rollouts/main.ts [w1 … w5] [--json]`, all five unless named. The
 * README beside this says what each is. Where LUDUS_PYTHON names a Python that has them, inspect_ai and verifiers play W1
 * and W2 too, from the same mock, in the same run.
 */
import { parseArgs } from 'node:util'
import { measureCrash } from './crash.ts'
import { measureListing } from './listing.ts'
import { type Load, measure, memory } from './ours.ts'
import { measurePeer, PEERS } from './peers.ts'
import { measureSteps } from './steps.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    /** Multiplies the number of rollouts; for a quick look, 0.1. */
    scale: { type: 'string', default: '1' },
  },
})
const python = process.env['LUDUS_PYTHON'] ?? ''
const many = (count: number): number => Math.max(1, Math.round(count * Number(flags.scale)))

/** Python plays fewer: its rate is the same, and it would take minutes. */
async function play(load: Load, peers: number): Promise<object> {
  const figures = await measure(load)
  const mbPerRollout = await memory(load.turns, 1024)
  const beside: Record<string, unknown> = {}
  for (const peer of python === '' ? [] : PEERS) {
    const theirs = await measurePeer(python, peer, { ...load, rollouts: peers })
    const times = (ours: number, other: number): number => Number((ours / other).toFixed(1))
    beside[peer] =
      typeof theirs === 'string'
        ? theirs
        : {
            ...theirs,
            timesTheRate: times(figures.rolloutsPerS, theirs.rolloutsPerS),
            timesLessCpu: times(theirs.cpuMsPerCall, figures.cpuMsPerCall),
          }
  }
  return { ...figures, mbPerRollout, ...beside }
}

const workloads: Readonly<Record<string, () => Promise<object> | object>> = {
  async w1() {
    const load = { turns: 0, rollouts: many(20_000), concurrency: 256, latencyMs: 0 }
    const busy = await measure({ ...load, concurrency: 1024, latencyMs: 500 })
    return { ...(await play(load, many(2000))), at1024with500Ms: busy }
  },
  w2: () => play({ turns: 10, rollouts: many(2000), concurrency: 256, latencyMs: 0 }, many(200)),
  w3: () => measureSteps(many(2000)),
  w4: () => measureCrash(many(2000), 3),
  w5: () => measureListing(many(1e9)),
}

const results: Record<string, object> = {}
for (const name of positionals.length > 0 ? positionals : Object.keys(workloads)) {
  const work = Object.hasOwn(workloads, name) ? workloads[name] : undefined
  if (!work) throw new Error(`there is no workload '${name}': there are ${Object.keys(workloads).join(', ')}`)
  results[name] = await work()
  if (!flags.json) process.stdout.write(`${name}: ${JSON.stringify(results[name], rounded, 2)}\n`)
}
if (flags.json) process.stdout.write(`${JSON.stringify(results, rounded)}\n`)

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
}
