/**
 * The operators a decoder is made of, each with its gradient. Every one is checked against finite differences.
 * Shapes: B batch, T tokens, D width, H heads, d head width, V vocabulary, M selected rows; [...] any.
 */
import type { Graph, Tensor } from './graph.ts'

const ORT = { domain: 'com.microsoft' } as const

/** scale · a·b over the last two dimensions, either one transposed first. Not on the tape. */
function product(g: Graph, a: Tensor, b: Tensor, { transA = 0, transB = 0, scale = 1 }): Tensor {
  if (transA === 0 && transB === 0 && scale === 1) return g.node('MatMul', [a, b])
  const attributes = { '@transA': transA, '@transB': transB, '@alpha': { float: scale } }
  return g.node('FusedMatMul', [a, b], { ...ORT, ...attributes })
}

const flat = (g: Graph, x: Tensor, width: number): Tensor => g.node('Reshape', [x, g.integers(-1, width)])

/** x [..., I] · wᵀ for w [O, I] → [..., O] */
export function linear(g: Graph, x: Tensor, w: Tensor): Tensor {
  const [O, I] = w.dims as [number, number]
  const y = product(g, x, w, { transB: 1 })
  return g.record(y, [x, w], (dy) => [
    product(g, dy, w, {}),
    g.node('Gemm', [flat(g, dy, O), flat(g, x, I)], { '@transA': 1 }),
  ])
}

/** A frozen matrix [O, I]: its rows cut into blocks of whole numbers [N, n], and their scales [N]. */
export interface Int8Matrix {
  readonly data: Tensor
  readonly scales: Tensor
  readonly dims: readonly [O: number, I: number]
}

/** x [..., I] · wᵀ for a frozen w [O, I] → [..., O] */
export function linearInt8(g: Graph, x: Tensor, { data, scales, dims }: Int8Matrix): Tensor {
  const w = (scales: Tensor): Tensor =>
    g.node('Reshape', [g.node('DequantizeLinear', [data, scales], { '@axis': 0 }), g.integers(...dims)])
  const y = product(g, x, w(scales), { transB: 1 })
  return g.record(y, [x], (dy) => {
    // The scales as they are, in a shape that is only known with dy: or else onnxruntime makes the matrix once, or all
    // matrices beforehand, and keeps them until the way back.
    const some = g.node('Shape', [dy], { '@start': 0, '@end': 1 })
    const count = g.node('Mul', [g.node('Min', [some, g.integers(1)]), g.integers(scales.dims[0] as number)])
    return [product(g, dy, w(g.node('Reshape', [scales, count])), {})]
  })
}

/** scale · a·b, or a·bᵀ, over the last two dimensions; the leading ones must be equal. */
export function matmul(g: Graph, a: Tensor, b: Tensor, { transB = 0, scale = 1 } = {}): Tensor {
  const y = product(g, a, b, { transB, scale })
  return g.record(y, [a, b], (dy) => [
    product(g, dy, b, { transB: 1 - transB, scale }),
    transB ? product(g, dy, a, { transA: 1, scale }) : product(g, a, dy, { transA: 1, scale }),
  ])
}

/** Two of one shape. */
export function add(g: Graph, a: Tensor, b: Tensor): Tensor {
  return g.record(g.node('Add', [a, b]), [a, b], (dy) => [dy, dy])
}

/** factor · x */
export function scale(g: Graph, x: Tensor, factor: number): Tensor {
  const times = (value: Tensor): Tensor => g.node('Mul', [value, g.scalar(factor)])
  return g.record(times(x), [x], (dy) => [times(dy)])
}

/** x plus a constant that broadcasts to it. */
export function shift(g: Graph, x: Tensor, constant: Tensor): Tensor {
  return g.record(g.node('Add', [x, constant]), [x], (dy) => [dy])
}

/** ONNX's shape language: 0 keeps a dimension, -1 takes what is left. */
export function reshape(g: Graph, x: Tensor, shape: readonly number[]): Tensor {
  const y = g.node('Reshape', [x, g.integers(...shape)])
  return g.record(y, [x], (dy) => [g.node('Reshape', [dy, g.node('Shape', [x])])])
}

export function transpose(g: Graph, x: Tensor, perm: readonly number[]): Tensor {
  const back = perm.map((_, i) => perm.indexOf(i))
  const y = g.node('Transpose', [x], { '@perm': perm })
  return g.record(y, [x], (dy) => [g.node('Transpose', [dy], { '@perm': back })])
}

/** x · gain / √(mean(x²) + epsilon) over the last dimension; gain [D]. Zhang and Sennrich 2019. */
export function rmsNorm(g: Graph, x: Tensor, gain: Tensor, epsilon: number): Tensor {
  const [D] = gain.dims as [number]
  const [y, inverse] = g.nodes('SimplifiedLayerNormalization', [x, gain], {
    outputs: 2,
    '@axis': -1,
    '@epsilon': { float: epsilon },
    '@stash_type': 1,
  }) as [Tensor, Tensor]
  return g.record(y, [x, gain], (dy) => {
    const unit = g.node('Mul', [x, inverse])
    const scaled = g.node('Mul', [dy, gain])
    const mean = g.node('ReduceMean', [g.node('Mul', [scaled, unit]), g.integers(-1)], { '@keepdims': 1 })
    const along = g.node('Sub', [scaled, g.node('Mul', [unit, mean])])
    const dGain = g.node('ReduceSum', [flat(g, g.node('Mul', [dy, unit]), D), g.integers(0)], { '@keepdims': 0 })
    return [g.node('Mul', [along, inverse]), dGain]
  })
}

/** Rotation tables of half a head's width: cos and sin [context, d/2]. */
export interface Rotation {
  readonly cos: Tensor
  readonly sin: Tensor
  /** −sin: the way back. */
  readonly back: Tensor
}

/** Rotates x [B, H, T, d] by its positions [B, T], halves paired as Llama does. Su et al. 2021. */
export function rope(g: Graph, x: Tensor, positions: Tensor, { cos, sin, back }: Rotation): Tensor {
  const rotate = (value: Tensor, by: Tensor): Tensor =>
    g.node('RotaryEmbedding', [value, positions, cos, by], { ...ORT, '@interleaved': 0 })
  return g.record(rotate(x, sin), [x], (dy) => [rotate(dy, back)])
}

/** Over the last dimension. */
export function softmax(g: Graph, x: Tensor): Tensor {
  const y = g.node('Softmax', [x], { '@axis': -1 })
  return g.record(y, [x], (dy) => {
    const sum = g.node('ReduceSum', [g.node('Mul', [dy, y]), g.integers(-1)], { '@keepdims': 1 })
    return [g.node('Mul', [y, g.node('Sub', [dy, sum])])]
  })
}

/** gate · σ(gate) · up. Shazeer 2020. */
export function swiglu(g: Graph, gate: Tensor, up: Tensor): Tensor {
  const sigma = g.node('Sigmoid', [gate])
  const silu = g.node('Mul', [gate, sigma])
  const y = g.node('Mul', [silu, up])
  return g.record(y, [gate, up], (dy) => {
    // silu' = σ + silu·(1 − σ)
    const slope = g.node('Add', [sigma, g.node('Mul', [silu, g.node('Sub', [g.scalar(1), sigma])])])
    return [g.node('Mul', [g.node('Mul', [dy, up]), slope]), g.node('Mul', [dy, silu])]
  })
}

/**
 * Adds each row of dy [N, D] to the row of `zeros` [V, D] that ids [N, 1] name. Not by ScatterND: with reduction 'add'
 * onnxruntime 1.30 shares its rows out among threads, and where two add to one row, one of them is lost.
 */
function addRows(g: Graph, zeros: Tensor, ids: Tensor, dy: Tensor): Tensor {
  const everywhere = g.node('Expand', [ids, g.node('Shape', [dy])])
  return g.node('ScatterElements', [zeros, everywhere, dy], { '@axis': 0, '@reduction': 'add' })
}

/** Rows of table [V, D] by ids [...] → [..., D]. */
export function embed(g: Graph, table: Tensor, ids: Tensor): Tensor {
  const [V, D] = table.dims as [number, number]
  const y = g.node('Gather', [table, ids], { '@axis': 0 })
  return g.record(y, [table], (dy) => {
    const zeros = g.node('ConstantOfShape', [g.integers(V, D)])
    return [addRows(g, zeros, flat(g, ids, 1), flat(g, dy, D))]
  })
}

/** Rows of x [..., D], counted through its leading dimensions, by index [M] → [M, D]. */
export function select(g: Graph, x: Tensor, rows: Tensor, width: number): Tensor {
  const table = flat(g, x, width)
  const y = g.node('Gather', [table, rows], { '@axis': 0 })
  return g.record(y, [x], (dy) => {
    const zeros = g.node('ConstantOfShape', [g.node('Shape', [table])])
    return [g.node('Reshape', [addRows(g, zeros, flat(g, rows, 1), dy), g.node('Shape', [x])])]
  })
}

/** log softmax(logits [M, V]) at targets [M] → [M]. */
export function logprob(g: Graph, logits: Tensor, targets: Tensor): Tensor {
  const all = g.node('LogSoftmax', [logits], { '@axis': -1 })
  const column = flat(g, targets, 1)
  const y = g.node('Reshape', [g.node('GatherElements', [all, column], { '@axis': 1 }), g.integers(-1)])
  return g.record(y, [logits], (dy) => {
    const weight = flat(g, dy, 1)
    const spread = g.node('Neg', [g.node('Mul', [g.node('Exp', [all]), weight])])
    return [g.node('ScatterElements', [spread, column, weight], { '@axis': 1, '@reduction': 'add' })]
  })
}
