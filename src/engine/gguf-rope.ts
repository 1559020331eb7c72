/** How a GGUF file has its rotary positions: keys of its metadata, and perhaps a tensor with a factor for each pair. */
import { describe, type Metadata } from './gguf-header.ts'
import type { RopeScaling, Rotary } from './rope.ts'

export const ROPE_FREQS = 'rope_freqs.weight'

interface Known {
  readonly path: string
  /** Of the whole model, where the file does not name an original one. */
  readonly context: number
  /** What llama.cpp divides each pair's angle by. */
  readonly factors?: readonly number[]
}

/** Throws a sentence with the key or the tensor on angles that the engine does not compute. */
export function ggufRope(metadata: Metadata, known: Known): Pick<Rotary, 'ropeTheta' | 'ropeScaling'> {
  const ropeTheta = positive(metadata, 'llama.rope.freq_base', known.path, 10_000)
  const ropeScaling = scalingOf(metadata, known)
  return { ropeTheta, ...(ropeScaling && { ropeScaling }) }
}

export function positive(metadata: Metadata, key: string, path: string, otherwise?: number): number {
  const value = metadata.get(key) ?? otherwise
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value
  throw new Error(`${path}: key '${key}' is ${describe(value)}, not a positive number`)
}

const KEY = 'llama.rope.scaling'

function scalingOf(metadata: Metadata, { path, context, factors }: Known): RopeScaling | undefined {
  // llama.cpp takes a factor without a type for a linear one, and 0 for none.
  const type = metadata.get(`${KEY}.type`) ?? 'linear'
  const factor = factorOf(metadata, path)
  const uneven = factors?.find((value) => !(value > 0 && value < Number.POSITIVE_INFINITY))
  if (uneven !== undefined) throw new Error(`${path}: tensor '${ROPE_FREQS}' holds ${uneven}, not a positive number`)
  if (type === 'yarn') {
    if (factors) throw new Error(`${path}: key '${KEY}.type' is 'yarn', and there is the tensor '${ROPE_FREQS}' too`)
    return yarn(metadata, { path, context }, factor)
  }
  if (type !== 'linear' && type !== 'none')
    throw new Error(`${path}: key '${KEY}.type' is ${describe(type)}; none, linear and yarn are read`)
  const all = type === 'none' ? 1 : factor
  if (factors) return { kind: 'factors', factors: factors.map((value) => value * all) }
  return all === 1 ? undefined : { kind: 'linear', factor: all }
}

function factorOf(metadata: Metadata, path: string): number {
  const key = metadata.has(`${KEY}.factor`) ? `${KEY}.factor` : 'llama.rope.scale_linear'
  return metadata.get(key) === 0 ? 1 : positive(metadata, key, path, 1)
}

function yarn(metadata: Metadata, { path, context }: Known, factor: number): RopeScaling {
  const only = (name: string, plain: number): void => {
    const value = metadata.get(`${KEY}.${name}`) ?? plain
    if (value !== plain) throw new Error(`${path}: key '${KEY}.${name}' is ${describe(value)}; only ${plain} is read`)
  }
  for (const name of ['attn_factor', 'yarn_attn_factor', 'yarn_ext_factor']) only(name, 1)
  only('yarn_log_multiplier', 0)
  const number = (name: string, otherwise: number): number => positive(metadata, `${KEY}.${name}`, path, otherwise)
  return {
    kind: 'yarn',
    factor,
    originalContext: number('original_context_length', context),
    fast: number('yarn_beta_fast', 32),
    slow: number('yarn_beta_slow', 1),
    magnitude: 1 + 0.1 * Math.log(Math.max(1, factor)),
  }
}
