/**
 * The engine beside transformers and PEFT, in both directions: `LUDUS_PYTHON=<python> node bench/parity.ts` prints the
 * largest difference of a log-probability or a score for each kind of checkpoint, and of a gradient for each kind of weight. The
 * exit code is 1 where one is too large. LUDUS_GGUF may name real weights to be read as well. Needs a Python with torch,
 * transformers, peft and gguf.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random } from '../src/core/index.ts'
import { readCheckpoint } from '../src/engine/checkpoint.ts'
import { Decoder } from '../src/engine/decoder.ts'
import { createEngine, LINEAR, openEngine, readConfig } from '../src/engine/index.ts'

/** Of a log-probability; and of a gradient, as a part of its tensor's largest. Theirs are in float64. */
const LIMITS = { logprob: 1e-3, gradient: 1e-5 }
const python = process.env['LUDUS_PYTHON']
if (!python) throw new Error('LUDUS_PYTHON names no Python: it needs one with torch, transformers, peft and gguf')
const folder = mkdtempSync(join(tmpdir(), 'ludus-parity-'))
let failed = 0
function say(name: string, difference: number, limit = LIMITS.logprob): void {
  // Not a number is no small number.
  const good = difference <= limit
  if (!good) failed++
  process.stdout.write(`${name.padEnd(50)}${difference.toExponential(1)}${good ? '' : `  over ${limit}`}\n`)
}

function ask(verb: 'write' | 'gradients' | 'read') {
  const { status, stdout, stderr } = spawnSync(`${python}`, [join(import.meta.dirname, 'parity.py'), verb, folder], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`${python} failed: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

const json = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))

/** Ours have a first entry, for a token that nothing predicts. */
const furthest = (ours: readonly number[][], theirs: readonly number[][]): number =>
  Math.max(...ours.flatMap((row, r) => theirs[r]!.map((value, t) => Math.abs(row[t + 1]! - value))))

/** The same weights under scalings that transformers writes no checkpoint with. */
async function scaledAnew(base: string, tokens: readonly number[][]) {
  const scalings = [
    { kind: 'ntk', factor: 3 },
    { kind: 'entropy-abf', originalContext: 16, plainLayers: 2 },
  ] as const
  const config = await readConfig(base)
  const out: { kind: string; path: string; said: number[][] }[] = []
  for (const ropeScaling of scalings) {
    await using engine = createEngine({ ...config, ropeScaling })
    await engine.load(base)
    const path = join(folder, ropeScaling.kind)
    await engine.saveMerged(path)
    out.push({ kind: ropeScaling.kind, path, said: await engine.logprobs(tokens) })
  }
  return out
}

const apart = (ours: readonly number[][][], theirs: readonly number[][][]): number =>
  Math.max(...ours.flatMap((row, r) => row.flatMap((k, t) => k.map((x, i) => Math.abs(x - theirs[r]![t]![i]!)))))

/** A classifier of transformers', as it is, and with adapters that were trained beside it. */
async function judge(tokens: number[][]): Promise<number[][][]> {
  const path = join(folder, 'classifier')
  await using engine = await openEngine(path, { lora: { rank: 4, alpha: 16, targets: LINEAR } })
  const before = await engine.scores!(tokens)
  say('a classifier written by transformers', apart(before, json('classifier').scores))
  for (let i = 0; i < 5; i++) {
    const scoreWeights = tokens.map((row) => row.map((_, t) => (t % 5 === 0 ? [0.1, -0.1, 0.02] : null)))
    await engine.backward(
      tokens.map((row, r) => ({ tokens: row, weights: row.map(() => 0), scoreWeights: scoreWeights[r]! })),
    )
    await engine.step({ lr: 0.01 })
  }
  await engine.save(join(folder, 'judge-adapter'))
  await engine.saveMerged(join(folder, 'judge'))
  const after = await engine.scores!(tokens)
  say('(what five updates of the head and adapters changed)', apart(before, after), Number.POSITIVE_INFINITY)
  return after
}

/** Checkpoints and files from Python, read by the engine. */
async function readTheirs(names: readonly string[]): Promise<void> {
  for (const name of names) {
    await using engine = await openEngine(join(folder, name))
    const { tokens, logprobs } = json(name)
    say(`written in Python: ${name}`, furthest(await engine.logprobs(tokens), logprobs))
  }
}

/** Every weight's gradient, of a loss with weights of both signs on sequences of different lengths. */
async function compareGradients(names: readonly string[]): Promise<void> {
  const rng = random(0)
  const data = json(names[0]!).tokens.map((tokens: number[]) => ({
    tokens,
    weights: tokens.map((_, t) => (t === 0 || t % 5 === 0 ? 0 : rng.normal())),
  }))
  writeFileSync(join(folder, 'asked.json'), JSON.stringify({ names, data }))
  ask('gradients')
  for (const name of names) {
    const theirs: Record<string, number[]> = json(`${name}.gradients`)
    const ours = await gradients(join(folder, name), data)
    if (`${[...ours.keys()].sort()}` !== `${Object.keys(theirs).sort()}`) throw new Error(`${name}: other weights`)
    const groups = new Map<string, number>()
    for (const [weight, gradient] of ours) {
      const group = weight.replace(/^model\.(layers\.\d+\.)?/, '').replace(/\.weight$/, '')
      groups.set(group, Math.max(groups.get(group) ?? 0, relative(gradient, theirs[weight]!)))
    }
    for (const [group, difference] of groups) say(`gradient, ${name}: ${group}`, difference, LIMITS.gradient)
  }
}

interface Weighted {
  readonly tokens: readonly number[]
  readonly weights: readonly number[]
}

async function gradients(path: string, data: readonly Weighted[]): Promise<ReadonlyMap<string, Float32Array>> {
  const config = await readConfig(path)
  const { weights } = await readCheckpoint(path, config)
  const decoder = new Decoder(config, weights, { threads: 1 })
  const places = data.flatMap((datum, b) => datum.weights.flatMap((w, t) => (w === 0 ? [] : [[b, t] as const])))
  const cotangent = places.map(([b, t]) => -data[b]!.weights[t]!)
  const { gradients } = await decoder.score(
    data.map(({ tokens }) => tokens),
    { logprobs: { places, cotangent } },
  )
  await decoder.release()
  return gradients
}

function relative(ours: Float32Array, theirs: readonly number[]): number {
  if (ours.length !== theirs.length) return Number.NaN
  const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return theirs.reduce((most, value, i) => Math.max(most, Math.abs(ours[i]! - value)), 0) / largest
}

/** Checkpoints and adapters from the engine, read in Python. `name`: a checkpoint to start from. */
async function readOurs(name: string): Promise<void> {
  const base = join(folder, 'base')
  {
    await using first = await openEngine(join(folder, name))
    await first.save(base)
  }
  await using engine = await openEngine(base, { lora: { rank: 4, alpha: 16, targets: LINEAR } })
  const { tokens } = json(name)
  const before = await engine.logprobs(tokens)
  for (let i = 0; i < 5; i++) {
    await engine.backward(
      tokens.map((row: number[]) => ({ tokens: row, weights: row.map((_, t) => (t > 0 ? 0.01 : 0)) })),
    )
    await engine.step({ lr: 0.01 })
  }
  await engine.save(join(folder, 'adapter'))
  await engine.saveMerged(join(folder, 'merged'))
  const after = await engine.logprobs(tokens)
  const scaled = await scaledAnew(base, tokens)
  const judged = await judge(tokens)
  const paths = Object.fromEntries(scaled.map(({ kind, path }) => [kind, path]))
  writeFileSync(join(folder, 'ours.json'), JSON.stringify({ base, tokens, scaled: paths }))
  const read: { logprobs: Record<string, number[][]>; scores: Record<string, number[][][]> } = ask('read')
  const ours = [before, after, after, ...scaled.map(({ said }) => said)]
  for (const [i, [name, theirs]] of Object.entries(read.logprobs).entries()) say(name, furthest(ours[i]!, theirs))
  for (const [name, theirs] of Object.entries(read.scores)) say(name, apart(judged, theirs))
  const without = after.map((row) => row.slice(1))
  say('(what five updates of the adapters changed)', furthest(before, without), Number.POSITIVE_INFINITY)
}

try {
  await readTheirs(ask('write'))
  await compareGradients(['f32, tied', 'f32, own head'])
  await readOurs('f32, tied')
} finally {
  rmSync(folder, { recursive: true })
}
process.exitCode = failed > 0 ? 1 : 0
