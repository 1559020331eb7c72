/**
 * Frozen weights as whole numbers of 8 bits: a quarter of the memory. A row is cut into blocks of 32, each with a scale
 * of its own, the largest number of the block over 127; ggml's Q8_0, with scales of 32 bits.
 */

interface Weight {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

export interface Quantised {
  /** [blocks, numbers of a block] */
  readonly dims: readonly [number, number]
  readonly data: Int8Array
  readonly scales: Float32Array
}

export type Int8Weights = Map<string, Quantised>

/** The matrices of the blocks. The embedding, which may be the head too, and the gains of norms stay as they are. */
export const isQuantised = (name: string): boolean => /_proj\.weight$/.test(name)

/** Numbers of a block: a row where it does not come out even. */
export const blockOf = (columns: number): number => (columns % 32 === 0 ? 32 : columns)

export function quantise({ dims, data }: Weight): Quantised {
  const block = blockOf(dims[1]!)
  const scales = new Float32Array(data.length / block)
  const out = new Int8Array(data.length)
  for (let b = 0; b < scales.length; b++) {
    const [from, to] = [b * block, (b + 1) * block]
    let largest = 0
    for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(data[i]!))
    scales[b] = largest / 127
    // As the scale is in 32 bits, so that the largest number comes out as 127 at most.
    if (largest > 0) for (let i = from; i < to; i++) out[i] = Math.round(data[i]! / scales[b]!)
  }
  return { dims: [scales.length, block], data: out, scales }
}

export interface Holders {
  readonly weights: Map<string, Weight>
  /** Where some are held in 8 bits. */
  readonly int8?: Int8Weights | undefined
}

/** Puts a weight where it is held. */
export function hold(name: string, weight: Weight, { weights, int8 }: Holders): void {
  if (int8 && isQuantised(name)) int8.set(name, quantise(weight))
  else weights.set(name, weight)
}

/** Moves those that are held in 8 bits out of `weights`; what is left there are the others. */
export function quantiseAll(weights: Map<string, Weight>, into: Int8Weights): void {
  for (const [name, weight] of weights) {
    if (!isQuantised(name)) continue
    into.set(name, quantise(weight))
    weights.delete(name)
  }
}
