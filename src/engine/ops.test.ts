import { describe, expect, it } from 'vitest'
import { random } from '../core/index.ts'
import { Graph, type Tensor } from './graph.ts'
import * as ops from './ops.ts'
import { type Feed, openSession } from './session.ts'

/** An op as a function of named float tensors (differentiated) and integer feeds (not). */
interface Case {
  readonly shapes: Record<string, readonly number[]>
  readonly integers?: Record<string, { data: readonly number[]; dims: readonly number[] }>
  readonly outputDims: readonly number[]
  build(g: Graph, x: Record<string, Tensor>): Tensor
}

const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1)
const cos = Float32Array.from({ length: 8 * 2 }, (_, i) => Math.cos(Math.floor(i / 2) / (1 + (i % 2) * 9)))
const sin = Float32Array.from({ length: 8 * 2 }, (_, i) => Math.sin(Math.floor(i / 2) / (1 + (i % 2) * 9)))
const rotation = (g: Graph): ops.Rotation => ({
  cos: g.constant('cos', cos, [8, 2]),
  sin: g.constant('sin', sin, [8, 2]),
  back: g.constant(
    'back',
    sin.map((x) => -x),
    [8, 2],
  ),
})

const cases: Record<string, Case> = {
  linear: {
    shapes: { x: [2, 3, 4], w: [5, 4] },
    outputDims: [2, 3, 5],
    build: (g, { x, w }) => ops.linear(g, x as Tensor, w as Tensor),
  },
  matmul: {
    shapes: { a: [2, 2, 3, 4], b: [2, 2, 4, 5] },
    outputDims: [2, 2, 3, 5],
    build: (g, { a, b }) => ops.matmul(g, a as Tensor, b as Tensor, { scale: 0.7 }),
  },
  'matmul, second transposed': {
    shapes: { a: [2, 2, 3, 4], b: [2, 2, 5, 4] },
    outputDims: [2, 2, 3, 5],
    build: (g, { a, b }) => ops.matmul(g, a as Tensor, b as Tensor, { transB: 1, scale: 0.5 }),
  },
  add: {
    shapes: { a: [3, 4], b: [3, 4] },
    outputDims: [3, 4],
    build: (g, { a, b }) => ops.add(g, ops.add(g, a as Tensor, b as Tensor), a as Tensor),
  },
  scale: {
    shapes: { x: [2, 3] },
    outputDims: [2, 3],
    build: (g, { x }) => ops.scale(g, x as Tensor, -1.5),
  },
  shift: {
    shapes: { x: [2, 3, 4] },
    outputDims: [2, 3, 4],
    build: (g, { x }) => ops.shift(g, x as Tensor, g.constant('c', Float32Array.of(1, -2, 3, 0.5), [1, 4])),
  },
  reshape: {
    shapes: { x: [2, 3, 4] },
    outputDims: [2, 3, 2, 2],
    build: (g, { x }) => ops.reshape(g, x as Tensor, [0, 0, 2, -1]),
  },
  transpose: {
    shapes: { x: [2, 3, 4, 2] },
    outputDims: [3, 2, 2, 4],
    build: (g, { x }) => ops.transpose(g, x as Tensor, [1, 3, 0, 2]),
  },
  rmsNorm: {
    shapes: { x: [2, 3, 4], gain: [4] },
    outputDims: [2, 3, 4],
    build: (g, { x, gain }) => ops.rmsNorm(g, x as Tensor, gain as Tensor, 1e-5),
  },
  rope: {
    shapes: { x: [2, 2, 3, 4] },
    integers: { positions: { data: [0, 1, 2, 5, 6, 7], dims: [2, 3] } },
    outputDims: [2, 2, 3, 4],
    build: (g, { x, positions }) => ops.rope(g, x as Tensor, positions as Tensor, rotation(g)),
  },
  softmax: {
    shapes: { x: [2, 3, 4] },
    outputDims: [2, 3, 4],
    build: (g, { x }) => ops.softmax(g, x as Tensor),
  },
  swiglu: {
    shapes: { gate: [3, 4], up: [3, 4] },
    outputDims: [3, 4],
    build: (g, { gate, up }) => ops.swiglu(g, gate as Tensor, up as Tensor),
  },
  embed: {
    shapes: { table: [5, 3] },
    integers: { ids: { data: [4, 0, 4, 2], dims: [2, 2] } },
    outputDims: [2, 2, 3],
    build: (g, { table, ids }) => ops.embed(g, table as Tensor, ids as Tensor),
  },
  select: {
    shapes: { x: [2, 3, 4] },
    integers: { rows: { data: [5, 0, 5], dims: [3] } },
    outputDims: [3, 4],
    build: (g, { x, rows }) => ops.select(g, x as Tensor, rows as Tensor, 4),
  },
  logprob: {
    shapes: { logits: [3, 5] },
    integers: { targets: { data: [4, 0, 2], dims: [3] } },
    outputDims: [3],
    build: (g, { logits, targets }) => ops.logprob(g, logits as Tensor, targets as Tensor),
  },
}

describe('every operator agrees with finite differences', () => {
  it.each(Object.entries(cases))('%s', async (_, { shapes, integers = {}, outputDims, build }) => {
    const rng = random(7)
    const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => rng.normal())
    const g = new Graph()
    const floats = Object.entries(shapes).map(([name, dims]) => g.input(name, 'float32', dims))
    const ids = Object.entries(integers).map(([name, { dims }]) => g.input(name, 'int64', dims))
    const cotangent = g.input('cotangent', 'float32', outputDims)
    const y = build(g, Object.fromEntries([...floats, ...ids].map((tensor) => [tensor.name, tensor])))
    const gradients = g.gradients([[y, cotangent]], floats)
    const outputs = Object.fromEntries(gradients.map((tensor, i) => [`d_${floats[i]?.name}`, tensor]))
    const session = await openSession(g.compile({ y, ...outputs }), 1)

    const feeds: Record<string, Feed> = { cotangent: { data: draw(size(outputDims)), dims: outputDims } }
    for (const [name, dims] of Object.entries(shapes)) feeds[name] = { data: draw(size(dims)), dims }
    for (const [name, { data, dims }] of Object.entries(integers)) {
      feeds[name] = { data: BigInt64Array.from(data, BigInt), dims }
    }
    const value = async (): Promise<number> => {
      const { y } = await session.run(feeds)
      return (y as Float32Array).reduce(
        (sum, v, i) => sum + v * ((feeds['cotangent'] as Feed).data as Float32Array)[i]!,
        0,
      )
    }
    const symbolic = await session.run(feeds)
    for (const name of Object.keys(shapes)) {
      const data = feeds[name]!.data as Float32Array
      const gradient = symbolic[`d_${name}`]!
      expect(gradient.length).toBe(data.length)
      for (let i = 0; i < data.length; i++) {
        const at = data[i]!
        const h = 1e-2
        data[i] = at + h
        const above = await value()
        data[i] = at - h
        const below = await value()
        data[i] = at
        expect(Math.abs(gradient[i]! - (above - below) / (2 * h))).toBeLessThan(3e-3 * (1 + Math.abs(gradient[i]!)))
      }
    }
    await session.release()
  })
})
