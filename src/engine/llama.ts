/**
 * A Llama-style decoder (Touvron et al. 2023): RMSNorm, rotary positions, grouped-query attention, SwiGLU and a
 * head, the embedding's own or another, under the names that Hugging Face gives its weights. It emits graphs; it
 * runs none.
 * Shapes: B batch, T tokens, P cached tokens, D width, H heads, K key-value heads, G = H/K, d head width, M rows.
 */
import { random } from '../core/index.ts'
import { Graph, type Tensor } from './graph.ts'
import { blockOf, isQuantised } from './int8.ts'
import * as ops from './ops.ts'
import { anglesOf, type Rotary, sharpness } from './rope.ts'

export interface LlamaConfig extends Rotary {
  readonly vocabulary: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  /** Width inside the feed-forward layers. */
  readonly hidden: number
  /** The longest sequence, in tokens. */
  readonly context: number
  readonly normEpsilon: number
  /** Whether the head is the embedding; otherwise it has weights of its own. */
  readonly tied: boolean
}

export interface Parameter {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

export type Parameters = Map<string, Parameter>

export const EMBEDDING = 'model.embed_tokens.weight'
export const HEAD = 'lm_head.weight'
/** The head's that scores tokens, where there is one: [outputs, D], as LlamaForSequenceClassification has it. */
export const SCORE = 'score.weight'
const FINAL_NORM = 'model.norm.weight'

/** Every weight's name and shape, in order. */
export function parameterShapes(config: LlamaConfig): [name: string, dims: number[]][] {
  const { vocabulary, width, layers, heads, kvHeads, headWidth, hidden, tied } = config
  const layer = (i: number): [string, number[]][] => [
    [`model.layers.${i}.input_layernorm.weight`, [width]],
    [`model.layers.${i}.self_attn.q_proj.weight`, [heads * headWidth, width]],
    [`model.layers.${i}.self_attn.k_proj.weight`, [kvHeads * headWidth, width]],
    [`model.layers.${i}.self_attn.v_proj.weight`, [kvHeads * headWidth, width]],
    [`model.layers.${i}.self_attn.o_proj.weight`, [width, heads * headWidth]],
    [`model.layers.${i}.post_attention_layernorm.weight`, [width]],
    [`model.layers.${i}.mlp.gate_proj.weight`, [hidden, width]],
    [`model.layers.${i}.mlp.up_proj.weight`, [hidden, width]],
    [`model.layers.${i}.mlp.down_proj.weight`, [width, hidden]],
  ]
  const all = Array.from({ length: layers }, (_, i) => layer(i)).flat()
  const head: [string, number[]][] = tied ? [] : [[HEAD, [vocabulary, width]]]
  return [[EMBEDDING, [vocabulary, width]], ...all, [FINAL_NORM, [width]], ...head]
}

/** Zeros in the given shapes. */
export function allocate(shapes: Adapters['shapes']): Parameters {
  return new Map(
    shapes.map(([name, dims]) => [name, { dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) }]),
  )
}

/**
 * Fresh weights: gains 1, matrices normal with variance 1/fan-in, those that write to the residual stream smaller
 * by √(2·layers) (GPT-2).
 */
export function initialise(config: LlamaConfig, seed: number, into = allocate(parameterShapes(config))): Parameters {
  for (const [name, { dims, data }] of into) {
    const columns = dims[1]
    if (columns === undefined) {
      data.fill(1)
      continue
    }
    const residual = /(o_proj|down_proj)/.test(name) ? Math.sqrt(2 * config.layers) : 1
    const rng = random(seed).split(name)
    for (let i = 0; i < data.length; i++) data[i] = rng.normal() / (Math.sqrt(columns) * residual)
  }
  return into
}

export const scoreShapes = ({ width }: LlamaConfig, outputs: number): [name: string, dims: number[]][] => [
  [SCORE, [outputs, width]],
]

/** Low-rank matrices beside some of the weights, which are all frozen then (lora.ts makes them). */
export interface Adapters {
  /** What B·A counts for. */
  readonly scale: number
  /** `<layer>.lora_A.weight` [rank, in] and `<layer>.lora_B.weight` [out, rank]. */
  readonly shapes: readonly (readonly [name: string, dims: readonly number[]])[]
}

/** The graph's inputs besides the weights. */
interface Inputs {
  /** [B, T] */
  readonly tokens: Tensor
  readonly rotate: Rotate
  /** [1, 1, G·T, T], added to the scores: 0 where a token may look, a large negative number where not. */
  readonly mask: Tensor
  /** For cached tokens: [B, 1, 1, P], and the two lengths P and T to split at. */
  readonly past?: { readonly mask: Tensor; readonly lengths: Tensor }
}

/** Turns a layer's queries and keys, [B, H, T, d], by their positions. */
interface Rotate {
  queries(x: Tensor, layer: number): Tensor
  keys(x: Tensor): Tensor
}

/** x [..., I] through the linear layer of that name within a block → [..., O]. */
type Project = (x: Tensor, name: string) => Tensor

interface Trunk {
  /** [B, T, D], after the final norm. */
  readonly hidden: Tensor
  /** Each layer's keys and values of the new tokens, [B, K, T, d], as 'k.<layer>' and 'v.<layer>'. */
  readonly cache: Record<string, Tensor>
  /** What is learned, the head that scores apart. */
  readonly weights: readonly Tensor[]
  readonly head: Tensor
  readonly score: Tensor | undefined
}

/** What stands beside a model's own weights. */
export interface Extras {
  readonly adapters?: Adapters | undefined
  /** Numbers for each token from a head that scores: k, where there is one. */
  readonly outputs?: number | undefined
  /** Whether the layers' matrices, frozen then, are held in 8 bits (int8.ts): as inputs '<name>.int8' and '<name>.scales'. */
  readonly int8?: boolean
}

interface Kind extends Extras {
  /** After P earlier tokens, whose keys and values are inputs too. */
  readonly cached?: boolean
}

/** What is asked of a run: log-probabilities, scores, or both. */
export type Asked = 'logprob' | 'score' | 'both'

/** From tokens to hidden states. */
function trunk(g: Graph, config: LlamaConfig, { cached = false, adapters, outputs, int8 = false }: Kind): Trunk {
  const feed = (shapes: Adapters['shapes']): Map<string, Tensor> =>
    new Map(shapes.map(([name, dims]) => [name, g.input(name, 'float32', dims)]))
  const score = outputs === undefined ? undefined : feed(scoreShapes(config, outputs)).get(SCORE)
  const shapes = parameterShapes(config)
  const quantised = new Map(int8 ? shapes.filter(([name]) => isQuantised(name)) : [])
  const base = feed(shapes.filter(([name]) => !quantised.has(name)))
  const low = adapters && feed(adapters.shapes)
  const weight = (name: string): Tensor => base.get(name) as Tensor
  const project = (x: Tensor, layer: string): Tensor => {
    const name = `${layer}.weight`
    const dims = quantised.get(name)
    const y = dims ? ops.linearInt8(g, x, int8Matrix(g, name, dims)) : ops.linear(g, x, weight(name))
    const [a, b] = [low?.get(`${layer}.lora_A.weight`), low?.get(`${layer}.lora_B.weight`)]
    if (!a || !b || !adapters) return y
    return ops.add(g, y, ops.scale(g, ops.linear(g, ops.linear(g, x, a), b), adapters.scale))
  }
  const inputs: Inputs = {
    tokens: g.input('tokens', 'int64', ['B', 'T']),
    rotate: rotateBy(g, config, g.input('positions', 'int64', ['B', 'T'])),
    mask: g.input('mask', 'float32', [1, 1, 'GT', 'T']),
    ...(cached && {
      past: { mask: g.input('pastMask', 'float32', ['B', 1, 1, 'P']), lengths: g.input('lengths', 'int64', [2]) },
    }),
  }
  const cache: Record<string, Tensor> = {}
  const norm = (x: Tensor, name: string): Tensor => ops.rmsNorm(g, x, weight(name), config.normEpsilon)
  let x = ops.embed(g, weight(EMBEDDING), inputs.tokens)
  for (let i = 0; i < config.layers; i++) {
    const p: Project = (x, name) => project(x, `model.layers.${i}.${name}`)
    const attended = attention(g, config, norm(x, `model.layers.${i}.input_layernorm.weight`), inputs, i, p, cache)
    x = ops.add(g, x, attended)
    const h = norm(x, `model.layers.${i}.post_attention_layernorm.weight`)
    const inner = ops.swiglu(g, p(h, 'mlp.gate_proj'), p(h, 'mlp.up_proj'))
    x = ops.add(g, x, p(inner, 'mlp.down_proj'))
  }
  const head = weight(config.tied ? EMBEDDING : HEAD)
  return { hidden: norm(x, FINAL_NORM), cache, weights: [...(low ?? base).values()], head, score }
}

function int8Matrix(g: Graph, name: string, dims: readonly number[]): ops.Int8Matrix {
  const [O, I] = dims as [number, number]
  const block = blockOf(I)
  const count = (O * I) / block
  return {
    data: g.input(`${name}.int8`, 'int8', [count, block]),
    scales: g.input(`${name}.scales`, 'float32', [count]),
    dims: [O, I],
  }
}

/** Grouped-query attention (Ainslie et al. 2023): the G queries that share a key stand in rows below each other. */
function attention(
  g: Graph,
  config: LlamaConfig,
  h: Tensor,
  { rotate, mask, past }: Inputs,
  layer: number,
  p: Project,
  cache: Record<string, Tensor>,
): Tensor {
  const { heads, kvHeads, headWidth } = config
  const split = (name: string, count: number): Tensor =>
    ops.transpose(g, ops.reshape(g, p(h, name), [0, 0, count, headWidth]), [0, 2, 1, 3])
  const turned = rotate.queries(split('self_attn.q_proj', heads), layer)
  const q = ops.reshape(g, turned, [0, kvHeads, -1, headWidth])
  const k = rotate.keys(split('self_attn.k_proj', kvHeads))
  const v = split('self_attn.v_proj', kvHeads)
  cache[`k.${layer}`] = k
  cache[`v.${layer}`] = v
  const score = (keys: Tensor, bias: Tensor): Tensor =>
    ops.shift(g, ops.matmul(g, q, keys, { transB: 1, scale: 1 / Math.sqrt(headWidth) }), bias)
  const scores = score(k, mask)
  let mixed: Tensor
  if (past) {
    const cached = (name: string): Tensor => g.input(`past.${name}.${layer}`, 'float32', ['B', kvHeads, 'P', headWidth])
    const both = g.node('Concat', [score(cached('k'), past.mask), scores], { '@axis': -1 })
    const [toPast, toNew] = g.nodes('Split', [ops.softmax(g, both), past.lengths], { outputs: 2, '@axis': -1 })
    mixed = ops.add(g, ops.matmul(g, toPast, cached('v')), ops.matmul(g, toNew as Tensor, v))
  } else mixed = ops.matmul(g, ops.softmax(g, scores), v)
  const rows = ops.transpose(g, ops.reshape(g, mixed, [0, heads, -1, headWidth]), [0, 2, 1, 3])
  return p(ops.reshape(g, rows, [0, 0, heads * headWidth]), 'self_attn.o_proj')
}

function rotateBy(g: Graph, config: LlamaConfig, positions: Tensor): Rotate {
  const { context, headWidth, ropeScaling, layers } = config
  const half = headWidth / 2
  const { frequencies, magnitude } = anglesOf(config)
  /** Of one layer's queries, or of keys. */
  const rotation = (name: string, factor: (position: number) => number): ops.Rotation => {
    const table = (f: (angle: number) => number): Float32Array =>
      Float32Array.from({ length: context * half }, (_, i) => {
        const position = Math.floor(i / half)
        return magnitude * factor(position) * f(position * frequencies[i % half]!)
      })
    const constant = (part: string, f: (angle: number) => number): Tensor =>
      g.constant(`${name}.${part}`, table(f), [context, half])
    return {
      cos: constant('cos', Math.cos),
      sin: constant('sin', Math.sin),
      back: constant('back', (angle) => -Math.sin(angle)),
    }
  }
  const plain = rotation('rope', () => 1)
  const isSharp = (layer: number): boolean => sharpness(ropeScaling, layer, context - 1) > 1
  const sharp = isSharp(layers - 1)
    ? rotation('rope.sharp', (position) => sharpness(ropeScaling, layers - 1, position))
    : plain
  return {
    queries: (x, layer) => ops.rope(g, x, positions, isSharp(layer) ? sharp : plain),
    keys: (x) => ops.rope(g, x, positions, plain),
  }
}

/** tokens → 'logits' [M, V] at the given rows of [B·T], and the keys and values of the new tokens. */
export function samplingGraph(config: LlamaConfig, kind: Kind = {}): Uint8Array {
  const g = new Graph()
  const { hidden, cache, head } = trunk(g, config, kind)
  const rows = g.input('rows', 'int64', ['M'])
  return g.compile({ logits: ops.linear(g, ops.select(g, hidden, rows, config.width), head), ...cache })
}

/** tokens → 'logprob' [M] of the targets [M] at the given rows of [B·T], 'score' [N, k] at the scoreRows [N]. */
export function scoringGraph(config: LlamaConfig, extras: Extras, asked: Asked): Uint8Array {
  const g = new Graph()
  return g.compile(Object.fromEntries(answers(g, config, { extras, asked }).outputs))
}

/** The same, and for each weight that is learned and bears on them the gradient of Σ cotangent·output. */
export function trainingGraph(config: LlamaConfig, extras: Extras, asked: Asked): Uint8Array {
  const g = new Graph()
  const { outputs, weights } = answers(g, config, { extras, asked })
  const given = outputs.map(([name, output]) => [output, g.input(`cotangent.${name}`, 'float32', output.dims)] as const)
  const gradients = g.gradients(given, weights)
  const named = gradients.map((tensor, i) => [`d.${weights[i]?.name}`, tensor] as const)
  return g.compile(Object.fromEntries([...outputs, ...named]))
}

interface Question {
  readonly extras: Extras
  readonly asked: Asked
}

function answers(
  g: Graph,
  config: LlamaConfig,
  { extras, asked }: Question,
): { outputs: (readonly [name: string, output: Tensor])[]; weights: readonly Tensor[] } {
  const { hidden, weights, head, score } = trunk(g, config, extras)
  const at = (rows: string, count: string): Tensor =>
    ops.select(g, hidden, g.input(rows, 'int64', [count]), config.width)
  const outputs: [string, Tensor][] = []
  if (asked !== 'score') {
    const targets = g.input('targets', 'int64', ['M'])
    const logprob = ops.logprob(g, ops.linear(g, at('rows', 'M'), head), targets)
    outputs.push(['logprob', { ...logprob, dims: ['M'] }])
  }
  if (asked === 'logprob' || !score) return { outputs, weights }
  outputs.push(['score', { ...ops.linear(g, at('scoreRows', 'N'), score), dims: ['N', score.dims[0]!] }])
  // A head for sampling that is not the embedding has no part in the scores.
  const bearing = asked === 'both' ? weights : weights.filter(({ name }) => name !== HEAD)
  return { outputs, weights: [...bearing, score] }
}
