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

/** AdamW (Loshchilov and Hutter 2019). Gradients accumulate between steps; each step spends them. */
export class AdamW {
  readonly #parameters: Parameters
  readonly #gradients = new Map<string, Float32Array>()
  readonly #first = new Map<string, Float32Array>()
  readonly #second = new Map<string, Float32Array>()
  /** Updates made. */
  steps = 0

  constructor(parameters: Parameters) {
    this.#parameters = parameters
    for (const [name, { data }] of parameters) {
      this.#gradients.set(name, new Float32Array(data.length))
      this.#first.set(name, new Float32Array(data.length))
      this.#second.set(name, new Float32Array(data.length))
    }
  }

  accumulate(gradients: ReadonlyMap<string, Float32Array>): void {
    for (const [name, gradient] of gradients) {
      const sum = this.#gradients.get(name)!
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + gradient[i]!
    }
  }

  /** The gradient's global norm, before clipping. */
  step({ lr, clip, weightDecay }: Update): number {
    let squares = 0
    for (const gradient of this.#gradients.values()) {
      for (let i = 0; i < gradient.length; i++) squares += gradient[i]! ** 2
    }
    const norm = Math.sqrt(squares)
    if (!Number.isFinite(norm)) {
      // What is not finite would poison every later step too.
      for (const gradient of this.#gradients.values()) gradient.fill(0)
      throw new Error(`the gradient's norm is ${norm}: the loss or a weight is not finite; nothing was updated`)
    }
    this.steps++
    const scale = norm > clip ? clip / norm : 1
    const rate = lr / (1 - BETA1 ** this.steps)
    const spread = 1 / Math.sqrt(1 - BETA2 ** this.steps)
    for (const [name, { data, dims }] of this.#parameters) {
      const gradient = this.#gradients.get(name)!
      const m = this.#first.get(name)!
      const v = this.#second.get(name)!
      const keep = dims.length > 1 ? 1 - lr * weightDecay : 1
      for (let i = 0; i < data.length; i++) {
        const g = gradient[i]! * scale
        const m1 = BETA1 * m[i]! + (1 - BETA1) * g
        const v1 = BETA2 * v[i]! + (1 - BETA2) * g * g
        m[i] = m1
        v[i] = v1
        data[i] = keep * data[i]! - (rate * m1) / (Math.sqrt(v1) * spread + EPSILON)
      }
      gradient.fill(0)
    }
    return norm
  }

  /** Moments and step count, as tensors that share memory with this optimiser. Gradients are not kept. */
  state(): Parameters {
    const state: Parameters = new Map([[STEPS, { dims: [1], data: Float32Array.of(this.steps) }]])
    for (const [name, { dims }] of this.#parameters) {
      state.set(`first.${name}`, { dims, data: this.#first.get(name)! })
      state.set(`second.${name}`, { dims, data: this.#second.get(name)! })
    }
    return state
  }

  /** Takes up a saved state, or starts anew where there is none; what gradients had accumulated is dropped. */
  restore(saved: Parameters | undefined, path: string): void {
    for (const gradient of this.#gradients.values()) gradient.fill(0)
    if (saved) overwrite(this.state(), saved, path)
    else for (const { data } of this.state().values()) data.fill(0)
    this.steps = saved?.get(STEPS)?.data[0] ?? 0
  }
}

/** Copies every tensor of `from` over its namesake. Throws, and changes nothing, where a name or a shape differs. */
export function overwrite(into: Parameters, from: Parameters, path: string): void {
  for (const [name, { dims }] of into) {
    const given = from.get(name)?.dims
    if (`${given}` !== `${dims}`) throw new Error(`${path}: '${name}' has shape [${given ?? 'none'}], not [${dims}]`)
  }
  for (const [name, { data }] of into) data.set(from.get(name)!.data)
}
