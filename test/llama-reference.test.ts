/** The engine beside transformers and PyTorch in float64; llama-reference.py wrote down what those say. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openEngine } from '../src/engine/index.ts'
import { parameterShapes } from '../src/engine/llama.ts'
import { writeSafetensors } from '../src/engine/safetensors.ts'

const reference = JSON.parse(await readFile(join(import.meta.dirname, 'llama-reference.json'), 'utf8'))

/** The same weights as `fill` makes there. */
function fill(name: string, dims: readonly number[]): Float32Array {
  const wave = (i: number): number => Math.sin(0.37 * i * i + name.length + i)
  return Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) =>
    dims.length === 1 ? 1 + 0.3 * wave(i) : 0.4 * wave(i),
  )
}

it('scores, differentiates and updates as transformers and PyTorch do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ludus-reference-'))
  const { config, data, before, after, updates, optimiser } = reference
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  const sizes = {
    ...{ vocabulary: config.vocab_size, width: config.hidden_size, layers: config.num_hidden_layers },
    ...{ heads: config.num_attention_heads, kvHeads: config.num_key_value_heads, headWidth: config.head_dim },
    ...{ hidden: config.intermediate_size, context: config.max_position_embeddings },
    ...{ ropeTheta: config.rope_theta, normEpsilon: config.rms_norm_eps, tied: true },
  }
  const weights = new Map(parameterShapes(sizes).map(([name, dims]) => [name, { dims, data: fill(name, dims) }]))
  await writeSafetensors(join(folder, 'model.safetensors'), weights)
  await using engine = await openEngine(folder, { threads: 1 })
  await rm(folder, { recursive: true })

  const score = () => engine.logprobs(data.map(({ tokens }: { tokens: number[] }) => tokens))
  expect(furthest(await score(), before)).toBeLessThan(2e-5)
  for (const { loss, gradNorm } of updates) {
    expect((await engine.backward(data)).loss).toBeCloseTo(loss, 3)
    const { lr, clip, weightDecay } = optimiser
    expect(Math.abs((await engine.step({ lr, clip, weightDecay })).gradNorm / gradNorm - 1)).toBeLessThan(1e-4)
  }
  // Further apart than they began: AdamW divides by what may be nearly nothing.
  expect(furthest(await score(), after)).toBeLessThan(2e-3)
  expect(furthest(before, after)).toBeGreaterThan(0.1)
})

/** The largest difference; ours have a first entry for a token that nothing predicts. */
function furthest(ours: number[][], theirs: number[][]): number {
  return Math.max(
    ...ours.flatMap((row, r) =>
      theirs[r]!.map((value, t) => Math.abs(row[t + row.length - theirs[r]!.length]! - value)),
    ),
  )
}
