/** The optimiser: plain loops over plain arrays, in place. */
import type { Parameters } from './llama.ts'

const BETA1 = 0.9
const BETA2 = 0.95
const EPSILON = 1e-8
/** The name of the step count among the moments. */
const STEPS = 'steps'

export interface Update {
  readonly lr: number
  /** The largest global gradient norm; Infinity for none. */
  readonly clip: number
  /** Decoupled, on matrices alone. */
  readonly weightDecay: number
}

/** What is kept of a weight: three times its memory, so only of a model that learns. */
interface Kept {
  readonly gradient: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
}

/** AdamW (Loshchilov and Hutter 2019). Gradients accumulate between steps; each step spends them. */
export class AdamW {
  readonly #parameters: Parameters
  readonly #kept = new Map<string, Kept>()
  /** Updates made. */
  steps = 0

  constructor(parameters: Parameters) {
    this.#parameters = parameters
  }

  #of(name: string): Kept {
    const known = this.#kept.get(name)
    if (known) return known
    const { length } = this.#parameters.get(name)!.data
    const fresh = (): Float32Array => new Float32Array(length)
    const kept = { gradient: fresh(), first: fresh(), second: fresh() }
    this.#kept.set(name, kept)
    return kept
  }

  accumulate(gradients: ReadonlyMap<string, Float32Array>): void {
    for (const [name, gradient] of gradients) {
      const sum = this.#of(name).gradient
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + gradient[i]!
    }
  }

  /** The gradient's global norm, before clipping. */
  step({ lr, clip, weightDecay }: Update): number {
    let squares = 0
    for (const { gradient } of this.#kept.values()) {
      for (let i = 0; i < gradient.length; i++) squares += gradient[i]! ** 2
    }
    const norm = Math.sqrt(squares)
    if (!Number.isFinite(norm)) {
      // What is not finite would poison every later step too.
      this.#forget()
      throw new Error(`the gradient's norm is ${norm}: the loss or a weight is not finite; nothing was updated`)
    }
    this.steps++
    const scale = norm > clip ? clip / norm : 1
    const rate = lr / (1 - BETA1 ** this.steps)
    const spread = 1 / Math.sqrt(1 - BETA2 ** this.steps)
    for (const [name, { data, dims }] of this.#parameters) {
      const { gradient, first: m, second: v } = this.#of(name)
      const keep = dims.length > 1 ? 1 - lr * weightDecay : 1
      for (let i = 0; i < data.length; i++) {
        const g = gradient[i]! * scale
        const m1 = BETA1 * m[i]! + (1 - BETA1) * g
        const v1 = BETA2 * v[i]! + (1 - BETA2) * g * g
        m[i] = m1
        v[i] = v1
        data[i] = keep * data[i]! - (rate * m1) / (Math.sqrt(v1) * spread + EPSILON)
      }
    }
    this.#forget()
    return norm
  }

  #forget(): void {
    for (const { gradient } of this.#kept.values()) gradient.fill(0)
  }

  /** Moments and step count, as tensors that share memory with this optimiser. Gradients are not kept. */
  state(): Parameters {
    const state: Parameters = new Map([[STEPS, { dims: [1], data: Float32Array.of(this.steps) }]])
    for (const [name, { dims }] of this.#parameters) {
      const { first, second } = this.#of(name)
      state.set(`first.${name}`, { dims, data: first })
      state.set(`second.${name}`, { dims, data: second })
    }
    return state
  }

  /** Takes up a saved state, or starts anew where there is none; what gradients had accumulated is dropped. */
  restore(saved: Parameters | undefined, path: string): void {
    let steps = 0
    if (saved) {
      // Where nothing is learned there are no moments: what is told is how far the weights have come.
      const kept = this.#parameters.size > 0 ? saved : new Map([...saved].filter(([name]) => name === STEPS))
      const state = this.state()
      checkShapes(state, kept, path)
      steps = stepsOf(kept, path)
      overwrite(state, kept, path)
    } else this.#kept.clear()
    this.#forget()
    this.steps = steps
  }
}

/** Throws a sentence on a state that no updates lead to: its next one would make weights that are none. */
function stepsOf(saved: Parameters, path: string): number {
  const steps = saved.get(STEPS)?.data[0] ?? 0
  if (!Number.isInteger(steps) || steps < 0)
    throw new Error(`${path}: '${STEPS}' is ${steps}, not a whole number from 0`)
  for (const [name, { data }] of saved)
    if (name.startsWith('second.') && data.some((value) => value < 0))
      throw new Error(`${path}: '${name}' holds a number below 0, and a mean of squares has none`)
  return steps
}

/** Copies every tensor of `from` over its namesake. Throws, and changes nothing, where a name or a shape differs. */
export function overwrite(into: Parameters, from: Parameters, path: string): void {
  checkShapes(into, from, path)
  for (const [name, { data }] of into) data.set(from.get(name)!.data)
}

/** Shapes by name. */
type Shapes = ReadonlyMap<string, { readonly dims: readonly number[] }>

/** Throws a sentence where `from` lacks a tensor of `into`, has it in another shape, or has one more. */
export function checkShapes(into: Shapes, from: Shapes, path: string): void {
  for (const [name, { dims }] of into) {
    const given = from.get(name)?.dims
    if (`${given}` !== `${dims}`) throw new Error(`${path}: '${name}' has shape [${given ?? 'none'}], not [${dims}]`)
  }
  const stranger = [...from.keys()].find((name) => !into.has(name))
  if (stranger !== undefined) throw new Error(`${path}: '${stranger}' is none of the tensors that belong there`)
}
