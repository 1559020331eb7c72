/**
 * The memory of a policy, its reference and its critic on SmolLM2-135M's shape, sharing the frozen weights or each with
 * a copy: `node bench/siblings.ts`. Each way runs in a process of its own, and does one update of the policy and of
 * the critic on 2 × 128 tokens; what is printed is the memory the process holds after that, and its peak.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random } from '../src/core/index.ts'
import { createEngine, type EmbeddedEngine, LINEAR, openEngine } from '../src/engine/index.ts'

const shape = {
  ...{ vocabulary: 49152, width: 576, layers: 30, heads: 9, kvHeads: 3, headWidth: 64, hidden: 1536, context: 512 },
  ...{ ropeTheta: 1e5, normEpsilon: 1e-5, tied: true },
}
const lora = { rank: 16, alpha: 32, targets: LINEAR }
const head = { outputs: 1 }

async function three(way: string, path: string): Promise<EmbeddedEngine[]> {
  const policy = await openEngine(path, { lora, threads: 1 })
  if (way === 'policy alone') return [policy]
  if (way === 'shared') return [policy, await policy.sibling(), await policy.sibling({ lora, head })]
  return [policy, await openEngine(path, { threads: 1 }), await openEngine(path, { lora, head, threads: 1 })]
}

async function measure(way: string, path: string): Promise<void> {
  const [policy, reference, critic] = await three(way, path)
  const rng = random(0)
  const sequences = [0, 1].map(() => Array.from({ length: 128 }, () => rng.int(shape.vocabulary)))
  await reference?.logprobs(sequences)
  const zeros = sequences.map((tokens) => ({ tokens, weights: tokens.map(() => 0) }))
  await policy!.backward(zeros.map((datum) => ({ ...datum, weights: datum.weights.map((_, t) => (t > 64 ? 1 : 0)) })))
  await policy!.step({ lr: 1e-4 })
  await critic?.backward(zeros.map((datum) => ({ ...datum, scoreWeights: datum.tokens.map(() => [1]) })))
  await critic?.step({ lr: 1e-4 })
  const held = Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
  const megabytes = (kilobytes: number): string => `${(kilobytes / 1024).toFixed(0)} MB`
  const peak = Math.max(held, process.resourceUsage().maxRSS)
  process.stdout.write(`${way.padEnd(14)} held ${megabytes(held)}, peak ${megabytes(peak)}\n`)
  process.exit()
}

const [way, given] = process.argv.slice(2)
if (way !== undefined && given !== undefined) await measure(way, given)
const folder = mkdtempSync(join(tmpdir(), 'ludus-siblings-'))
try {
  await using first = createEngine(shape, { threads: 1 })
  await first.save(folder)
  for (const each of ['policy alone', 'shared', 'copies'])
    spawnSync(process.execPath, [import.meta.filename, each, folder], { stdio: 'inherit' })
} finally {
  rmSync(folder, { recursive: true })
}
