/**
 * Low-rank adapters (Hu et al. 2021): beside a frozen W stands (alpha/rank)·B·A, and A and B alone are learned. Names
 * and shapes are PEFT's, without its prefix.
 */
import { random } from '../core/index.ts'
import { type Adapters, type LlamaConfig, type Parameters, parameterShapes } from './llama.ts'

export interface LoraConfig {
  readonly rank: number
  /** What A·B is scaled by, times the rank. */
  readonly alpha: number
  /** The matrices that get one, by the last part of their names: 'q_proj', 'down_proj', … */
  readonly targets: readonly string[]
}

/** Every linear layer of a block. */
export const LINEAR = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const

const layerOf = (weight: string): string => weight.replace(/\.weight$/, '')
const nameA = (layer: string): string => `${layer}.lora_A.weight`
const nameB = (layer: string): string => `${layer}.lora_B.weight`

/** What the graphs need to know of them. Throws a sentence on a config that is none. */
export function adaptersOf(config: LlamaConfig, lora: LoraConfig): Adapters {
  check(lora)
  const { rank, alpha, targets } = lora
  const shapes = parameterShapes(config).flatMap(([name, [out, into]]): [string, number[]][] => {
    const layer = layerOf(name)
    if (!targets.includes(layer.split('.').at(-1)!)) return []
    return [
      [nameA(layer), [rank, into!]],
      [nameB(layer), [out!, rank]],
    ]
  })
  return { scale: alpha / rank, shapes }
}

/** A normal with variance 1/in, B zero: at first the model is what it was. */
export function initialiseAdapters({ shapes }: Adapters, seed: number): Parameters {
  const adapters: Parameters = new Map()
  for (const [name, dims] of shapes) {
    const [rows, columns] = dims as [number, number]
    const data = new Float32Array(rows * columns)
    const rng = random(seed).split(name)
    if (name.endsWith('lora_A.weight'))
      for (let i = 0; i < data.length; i++) data[i] = rng.normal() / Math.sqrt(columns)
    adapters.set(name, { dims, data })
  }
  return adapters
}

function check({ rank, alpha, targets }: LoraConfig): void {
  if (!(Number.isInteger(rank) && rank > 0)) throw new Error(`a LoRA rank is a positive whole number, not ${rank}`)
  if (!Number.isFinite(Math.fround(alpha / rank)))
    throw new Error(`LoRA's alpha is a positive number that 32 bits can hold, not ${alpha}`)
  if (!(alpha > 0)) throw new Error(`LoRA's alpha is a positive number, not ${alpha}`)
  const stranger = targets.find((target) => !(LINEAR as readonly string[]).includes(target))
  if (stranger !== undefined || targets.length === 0)
    throw new Error(`LoRA's targets are some of ${LINEAR.join(', ')}, not '${stranger ?? ''}'`)
}

/** W + scale·B·A where there are adapters, and the base's own arrays elsewhere. */
export function merged(base: Parameters, low: Parameters, { scale }: Adapters): Parameters {
  return new Map(
    [...base].map(([name, weight]) => {
      const layer = layerOf(name)
      const [a, b] = [low.get(nameA(layer)), low.get(nameB(layer))]
      if (!a || !b) return [name, weight]
      const data = Float32Array.from(weight.data)
      const [out, into] = weight.dims as [number, number]
      const [rank] = a.dims as [number]
      for (let o = 0; o < out; o++) {
        for (let r = 0; r < rank; r++) {
          const factor = scale * b.data[o * rank + r]!
          if (factor === 0) continue
          for (let i = 0; i < into; i++) data[o * into + i]! += factor * a.data[r * into + i]!
        }
      }
      return [name, { dims: weight.dims, data }]
    }),
  )
}
